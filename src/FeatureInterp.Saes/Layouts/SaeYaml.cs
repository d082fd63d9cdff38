using System.Globalization;
using System.Text.Json.Nodes;
using FeatureInterp.Models;
using YamlDotNet.Core;
using YamlDotNet.Core.Events;

namespace FeatureInterp.Saes;

/// <summary>
/// YAML as data: mappings, lists, texts, numbers. Anchors and aliases, which can make a small file grow without bound, and tags are refused;
/// unquoted scalars are read as Python's safe loader reads them.
/// </summary>
internal static class SaeYaml
{
    private const int MaxDepth = 32;

    /// <summary>Reads a file whose document is a mapping.</summary>
    /// <param name="path">The file.</param>
    /// <param name="maxBytes">The longest file that makes sense.</param>
    /// <exception cref="ModelFileException">It is not there, too large, no YAML, or no mapping.</exception>
    public static JsonObject Read(string path, int maxBytes = 1 << 20)
    {
        string text;
        try
        {
            using var stream = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read);
            if (stream.Length > maxBytes)
                throw new ModelFileException(path, $"the file is larger than {maxBytes} bytes, which none of its kind is.");
            using var reader = new StreamReader(stream);
            text = reader.ReadToEnd();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new ModelFileException(path, "the file is not there or cannot be read; check the path.", e);
        }

        return Parse(path, text);
    }

    /// <summary>Reads a text whose document is a mapping.</summary>
    /// <param name="path">What to call it in messages.</param>
    /// <param name="text">The text.</param>
    /// <exception cref="ModelFileException">It is no YAML, or no mapping.</exception>
    public static JsonObject Parse(string path, string text)
    {
        try
        {
            var parser = new Parser(new StringReader(text));
            parser.Consume<StreamStart>();
            if (!parser.Accept<DocumentStart>(out _))
                throw new ModelFileException(path, "the file is empty, where a mapping was expected.");
            parser.Consume<DocumentStart>();
            return Node(path, parser, 0) as JsonObject ?? throw new ModelFileException(path, "the file holds no mapping (name: value).");
        }
        catch (YamlException e)
        {
            throw new ModelFileException(path, $"the file is not YAML ({e.Message.TrimEnd('.')}, line {e.Start.Line}).", e);
        }
        catch (Exception e) when (e is InvalidOperationException or ArgumentException or IndexOutOfRangeException)
        {
            // YamlDotNet's scanner leaves some broken flow sequences with such exceptions in place of its own.
            throw new ModelFileException(path, "the file is not YAML (a bracket or brace is left open, or stands where a text needs quotes).", e);
        }
    }

    private static JsonNode? Node(string path, IParser parser, int depth)
    {
        if (depth > MaxDepth)
            throw new ModelFileException(path, $"the file nests more than {MaxDepth} deep.");
        if (parser.Current is NodeEvent { Anchor.IsEmpty: false } or AnchorAlias)
            throw new ModelFileException(path, $"line {parser.Current.Start.Line} has an anchor or an alias (& or *), which are not read; write the value out.");
        if (parser.TryConsume<Scalar>(out var scalar))
            return scalar.Style == ScalarStyle.Plain ? Plain(scalar.Value) : JsonValue.Create(scalar.Value);
        if (parser.TryConsume<SequenceStart>(out _))
        {
            var list = new JsonArray();
            while (!parser.TryConsume<SequenceEnd>(out _))
                list.Add(Node(path, parser, depth + 1));
            return list;
        }

        parser.Consume<MappingStart>();
        var mapping = new JsonObject();
        while (!parser.TryConsume<MappingEnd>(out _))
        {
            var key = parser.Consume<Scalar>();
            if (!mapping.TryAdd(key.Value, Node(path, parser, depth + 1)))
                throw new ModelFileException(path, $"line {key.Start.Line} has '{key.Value}' a second time.");
        }

        return mapping;
    }

    private static JsonNode? Plain(string text)
    {
        if (text is "" or "~" or "null" or "Null" or "NULL")
            return null;
        if (text.ToUpperInvariant() is "TRUE" or "YES" or "ON" or "FALSE" or "NO" or "OFF")
            return JsonValue.Create(text.ToUpperInvariant() is "TRUE" or "YES" or "ON");
        if (long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var whole))
            return JsonValue.Create(whole);
        return double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) && double.IsFinite(number) && text.Any(char.IsAsciiDigit)
            ? JsonValue.Create(number)
            : JsonValue.Create(text);
    }
}
