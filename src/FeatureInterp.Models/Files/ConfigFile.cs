using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using FeatureInterp.Tensors;

namespace FeatureInterp.Models;

/// <summary>A model's <c>config.json</c>, read field by field with the checks that make an absurd value an error here, not later.</summary>
public sealed class ConfigFile
{
    private const int MaxBytes = 1 << 20;
    private const int MaxDepth = 32;

    private readonly string _path;
    private readonly JsonElement _root;

    private ConfigFile(string path, JsonElement root)
    {
        _path = path;
        _root = root;
    }

    /// <summary>Reads the file.</summary>
    /// <param name="path">The file.</param>
    /// <exception cref="ModelFileException">It is not there, too large, not a JSON object, or holds a text that is not Unicode.</exception>
    public static ConfigFile Read(string path)
    {
        try
        {
            if (LinkedFile.Length(path) > MaxBytes)
                throw new ModelFileException(path, $"the file is larger than {MaxBytes} bytes, which no configuration is.");
            var json = File.ReadAllBytes(path);
            CheckTexts(json);
            using var document = JsonDocument.Parse(json, new JsonDocumentOptions { MaxDepth = MaxDepth });
            if (document.RootElement.ValueKind != JsonValueKind.Object)
                throw new ModelFileException(path, "the file holds no JSON object.");
            return new ConfigFile(path, document.RootElement.Clone());
        }
        catch (JsonException e)
        {
            throw new ModelFileException(path, $"the file is not JSON ({e.Message}); fetch it again.", e);
        }
        catch (InvalidOperationException e)
        {
            throw new ModelFileException(path, "the file is not JSON: it holds a text that is not Unicode; fetch it again.", e);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new ModelFileException(path, "the file is not there or cannot be read; a model folder has config.json, model.safetensors and usually tokenizer.json.", e);
        }
    }

    /// <summary>A configuration that stands in another file, or in another notation, such as GGUF's metadata or YAML.</summary>
    /// <param name="path">The file, for messages.</param>
    /// <param name="fields">The fields.</param>
    public static ConfigFile Of(string path, JsonObject fields)
    {
        using var document = JsonDocument.Parse(fields.ToJsonString());
        return new ConfigFile(path, document.RootElement.Clone());
    }

    /// <summary>Whether a field is there and not null.</summary>
    /// <param name="name">The field; a dot leads into an object.</param>
    public bool Has(string name) => Find(name) is not null;

    /// <summary>The names of the fields of an object; none when it is not there or no object.</summary>
    /// <param name="name">The object; a dot leads further in. Null for the whole file.</param>
    public IReadOnlyList<string> Fields(string? name = null)
    {
        var value = name is null ? _root : Find(name);
        return value is { ValueKind: JsonValueKind.Object } fields ? [.. fields.EnumerateObject().Select(p => p.Name)] : [];
    }

    /// <summary>A field as it stands in the file, as JSON; null when it is not there or null.</summary>
    /// <param name="name">The field; a dot leads into an object.</param>
    public string? Raw(string name) => Find(name)?.GetRawText();

    /// <summary>A whole number.</summary>
    /// <param name="name">The field.</param>
    /// <param name="min">The smallest that makes sense.</param>
    /// <param name="max">The largest that makes sense.</param>
    /// <param name="fallback">What stands for a field that is not there; none makes it required.</param>
    /// <exception cref="ModelFileException">Missing, no whole number, or out of range.</exception>
    public int Int(string name, int min, int max, int? fallback = null)
    {
        if (Find(name) is not { } value)
            return fallback ?? throw Missing(name);
        if (value.ValueKind != JsonValueKind.Number || !value.TryGetInt32(out var number) || number < min || number > max)
            throw new ModelFileException(_path, $"'{name}' is {Shown(value)}, where a whole number from {min} to {max} was expected.");
        return number;
    }

    /// <summary>A finite number.</summary>
    /// <param name="name">The field.</param>
    /// <param name="min">The smallest that makes sense.</param>
    /// <param name="max">The largest that makes sense.</param>
    /// <param name="fallback">What stands for a field that is not there; none makes it required.</param>
    /// <exception cref="ModelFileException">Missing, no number, or out of range.</exception>
    public double Number(string name, double min, double max, double? fallback = null)
    {
        if (Find(name) is not { } value)
            return fallback ?? throw Missing(name);
        if (value.ValueKind != JsonValueKind.Number || !value.TryGetDouble(out var number) || !(number >= min && number <= max))
            throw new ModelFileException(_path, string.Create(CultureInfo.InvariantCulture, $"'{name}' is {Shown(value)}, where a number from {min} to {max} was expected."));
        return number;
    }

    /// <summary>A text.</summary>
    /// <param name="name">The field.</param>
    /// <returns>The text, or null when the field is not there.</returns>
    /// <exception cref="ModelFileException">The field holds something else.</exception>
    public string? Text(string name)
    {
        if (Find(name) is not { } value)
            return null;
        return value.ValueKind == JsonValueKind.String
            ? value.GetString()
            : throw new ModelFileException(_path, $"'{name}' is {Shown(value)}, where a text was expected.");
    }

    /// <summary>Yes or no.</summary>
    /// <param name="name">The field.</param>
    /// <param name="fallback">What stands for a field that is not there.</param>
    /// <exception cref="ModelFileException">The field holds something else.</exception>
    public bool Flag(string name, bool fallback)
    {
        if (Find(name) is not { } value)
            return fallback;
        return value.ValueKind is JsonValueKind.True or JsonValueKind.False
            ? value.GetBoolean()
            : throw new ModelFileException(_path, $"'{name}' is {Shown(value)}, where true or false was expected.");
    }

    /// <summary>A list of texts.</summary>
    /// <param name="name">The field.</param>
    /// <returns>The texts, or null when the field is not there.</returns>
    /// <exception cref="ModelFileException">The field holds something else.</exception>
    public IReadOnlyList<string>? Texts(string name)
    {
        if (Find(name) is not { } value)
            return null;
        if (value.ValueKind != JsonValueKind.Array || value.EnumerateArray().Any(v => v.ValueKind != JsonValueKind.String))
            throw new ModelFileException(_path, $"'{name}' is not a list of texts.");
        return [.. value.EnumerateArray().Select(v => v.GetString()!)];
    }

    /// <summary>One whole number or a list of them, as <c>eos_token_id</c> may be.</summary>
    /// <param name="name">The field.</param>
    /// <param name="min">The smallest that makes sense.</param>
    /// <param name="max">The largest that makes sense.</param>
    /// <returns>The numbers; none when the field is not there.</returns>
    /// <exception cref="ModelFileException">Something else, or a number out of range.</exception>
    public IReadOnlyList<int> Integers(string name, int min, int max)
    {
        if (Find(name) is not { } value)
            return [];
        return value.ValueKind == JsonValueKind.Array ? [.. Numbers(name, min, max).Select(n => n == Math.Truncate(n) ? (int)n : throw Fault($"'{name}' holds {n}, where whole numbers were expected."))] : [Int(name, min, max)];
    }

    /// <summary>A list of numbers.</summary>
    /// <param name="name">The field.</param>
    /// <param name="min">The smallest that makes sense.</param>
    /// <param name="max">The largest that makes sense.</param>
    /// <exception cref="ModelFileException">Missing, no list of numbers, or one of them out of range.</exception>
    public IReadOnlyList<double> Numbers(string name, double min, double max)
    {
        if (Find(name) is not { } value)
            throw Missing(name);
        if (value.ValueKind != JsonValueKind.Array)
            throw new ModelFileException(_path, $"'{name}' is {Shown(value)}, where a list of numbers was expected.");
        return [.. value.EnumerateArray().Select(v => v.ValueKind == JsonValueKind.Number && v.TryGetDouble(out var number) && number >= min && number <= max
            ? number
            : throw new ModelFileException(_path, string.Create(CultureInfo.InvariantCulture, $"'{name}' holds {Shown(v)}, where a number from {min} to {max} was expected.")))];
    }

    /// <summary>The fault of a value that is well-formed but cannot be used.</summary>
    /// <param name="fault">What was found, what was wanted, what to do.</param>
    public ModelFileException Fault(string fault) => new(_path, fault);

    private ModelFileException Missing(string name)
    {
        var nearest = NearestName.Of(name, _root.EnumerateObject().Select(p => p.Name));
        return new ModelFileException(_path, $"'{name}' is missing{(nearest is null ? "" : $" (the nearest field is '{nearest}')")}; is this the model's own config.json?");
    }

    // A hostile value may fill the whole file.
    private static string Shown(JsonElement value) =>
        value.GetRawText() is { Length: > 80 } text ? text[..80] + "…" : value.GetRawText();

    // A document parses with bytes in its texts that are not UTF-8, or with half a surrogate pair, and fails when they are asked for.
    private static void CheckTexts(ReadOnlySpan<byte> json)
    {
        var reader = new Utf8JsonReader(json, new JsonReaderOptions { MaxDepth = MaxDepth });
        while (reader.Read())
        {
            if (reader.TokenType is JsonTokenType.String or JsonTokenType.PropertyName)
                _ = reader.GetString();
        }
    }

    private JsonElement? Find(string name)
    {
        var element = _root;
        foreach (var part in name.Split('.'))
        {
            if (element.ValueKind != JsonValueKind.Object || !element.TryGetProperty(part, out element))
                return null;
        }

        return element.ValueKind == JsonValueKind.Null ? null : element;
    }
}
