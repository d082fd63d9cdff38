using System.Text.Json;

namespace FeatureInterp.Models.Tokenizers;

/// <summary>
/// An element of a tokenizer's JSON that knows where it is, so that whatever is wrong with it is said with file and path.
/// </summary>
internal sealed class JsonPart(JsonElement element, string path, string file)
{
    public bool IsNull => element.ValueKind is JsonValueKind.Null or JsonValueKind.Undefined;

    public bool IsString => element.ValueKind == JsonValueKind.String;

    /// <summary>The property, or a null part where there is none.</summary>
    public JsonPart this[string name] => Require(JsonValueKind.Object).TryGetProperty(name, out var value)
        ? new JsonPart(value, $"{path}.{name}", file)
        : new JsonPart(default, $"{path}.{name}", file);

    public IEnumerable<JsonPart> Items()
    {
        var index = 0;
        foreach (var item in Require(JsonValueKind.Array).EnumerateArray())
            yield return new JsonPart(item, $"{path}[{index++}]", file);
    }

    public string String() => Require(JsonValueKind.String).GetString()!;

    /// <summary>A string, or the <c>content</c> of an object, or null: the three ways token names are written.</summary>
    public string? TokenName() => element.ValueKind switch
    {
        JsonValueKind.Null or JsonValueKind.Undefined => null,
        JsonValueKind.Object => this["content"].String(),
        _ => String(),
    };

    /// <summary>A string with at least one character.</summary>
    public string Text() => String() is { Length: > 0 } text ? text : throw Bad("an empty string, where at least one character is wanted");

    public int Int(int minimum, int maximum) =>
        element.ValueKind == JsonValueKind.Number && element.TryGetInt32(out var value) && value >= minimum && value <= maximum
            ? value
            : throw Bad($"{Show()}, where a whole number from {minimum} to {maximum} is wanted");

    public bool Bool(bool otherwise) => element.ValueKind switch
    {
        JsonValueKind.True => true,
        JsonValueKind.False => false,
        JsonValueKind.Null or JsonValueKind.Undefined => otherwise,
        _ => throw Bad($"{Show()}, where true or false is wanted"),
    };

    public double? Number() => element.ValueKind == JsonValueKind.Number ? element.GetDouble() : null;

    /// <summary>The component's <c>type</c>.</summary>
    public string Type() => this["type"].String();

    /// <summary>A string of one UTF-16 unit.</summary>
    public char Character() => String() is [var character] ? character : throw Bad("not one character");

    /// <summary>A pattern: <c>{"String": "…"}</c>, literally, or <c>{"Regex": "…"}</c>.</summary>
    public Pattern Pattern()
    {
        var regex = this["Regex"];
        if (regex.IsNull)
            return new LiteralPattern(LiteralPattern());
        if (WordScanners.For(regex.Text()) is { } scanner)
            return new ScannerPattern(scanner);
        try
        {
            return new RegexPattern(regex.Text(), file);
        }
        catch (NotSupportedException e)
        {
            throw regex.Unsupported(e.Message, "character classes, groups, alternatives, quantifiers, look-around");
        }
    }

    /// <summary>A literal pattern: <c>{"String": "…"}</c>.</summary>
    public string LiteralPattern()
    {
        var literal = this["String"];
        return literal.IsNull ? throw Unsupported("a pattern that is not a literal String", "String") : literal.Text();
    }

    /// <summary>The exception for an element that is damaged.</summary>
    public TokenizerException Bad(string found) =>
        new(file, $"{path} is {found}", "the file is damaged or of another kind: fetch it again, or compare it with the model's original");

    /// <summary>The exception for a component that the file asks for and we do not have.</summary>
    public TokenizerException Unsupported(string component, string supported) =>
        new(file, $"{path} asks for {component}, which is not supported (supported: {supported})", "use a model whose tokenizer is of a supported kind");

    private JsonElement Require(JsonValueKind kind) => element.ValueKind == kind
        ? element
        : throw Bad($"{Show()}, where {kind.ToString().ToLowerInvariant()} is wanted");

    private string Show()
    {
        if (element.ValueKind is JsonValueKind.Undefined)
            return "missing";
        var raw = element.GetRawText();
        return raw.Length <= 40 ? raw : string.Concat(raw.AsSpan(0, 40), "…");
    }
}
