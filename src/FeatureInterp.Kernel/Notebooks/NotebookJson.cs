using System.Collections.Immutable;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace FeatureInterp.Kernel.Notebooks;

/// <summary>JSON as notebook tools write it: readable characters, keys sorted, one space of indent.</summary>
internal static partial class NotebookJson
{
    /// <summary>No members.</summary>
    public static ImmutableSortedDictionary<string, JsonElement> None { get; } = ImmutableSortedDictionary.Create<string, JsonElement>(StringComparer.Ordinal);

    /// <summary>The members of an object that <paramref name="wanted"/> accepts, copied out of their document.</summary>
    public static ImmutableSortedDictionary<string, JsonElement> Members(JsonElement element, Func<string, bool> wanted)
    {
        var members = None.ToBuilder();
        foreach (var property in element.EnumerateObject().Where(p => wanted(p.Name)))
            members[property.Name] = property.Value.Clone();
        return members.ToImmutable();
    }

    /// <summary>Puts members into an object, over those of the same name.</summary>
    public static JsonObject With(this JsonObject target, ImmutableSortedDictionary<string, JsonElement> members)
    {
        foreach (var (name, value) in members)
            target[name] = JsonNode.Parse(value.GetRawText());
        return target;
    }

    /// <summary>One line, characters unescaped where JSON allows.</summary>
    public static JsonSerializerOptions Compact { get; } = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private static readonly JsonWriterOptions Indented = new()
    {
        Indented = true,
        IndentSize = 1,
        NewLine = "\n",
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    /// <summary>The bytes Python's nbformat would write for the same content, so that other tools' rewrites give no diff.</summary>
    public static string WriteIndented(JsonObject root)
    {
        using var stream = new MemoryStream();
        using (var writer = new Utf8JsonWriter(stream, Indented))
            Sorted(root).WriteTo(writer);
        // The encoder escapes characters outside the basic plane (emoji); nbformat does not.
        return SurrogatePair().Replace(Encoding.UTF8.GetString(stream.GetBuffer(), 0, (int)stream.Length), Unescape) + "\n";
    }

    private static JsonNode Sorted(JsonNode node) => node switch
    {
        JsonObject o => new JsonObject(o.OrderBy(p => p.Key, StringComparer.Ordinal)
            .Select(p => KeyValuePair.Create(p.Key, p.Value is null ? null : Sorted(p.Value)))),
        JsonArray a => new JsonArray([.. a.Select(v => v is null ? null : Sorted(v))]),
        _ => node.DeepClone(),
    };

    private static string Unescape(Match match) => match.Groups["high"].Success
        ? new string([(char)Convert.ToInt32(match.Groups["high"].Value, 16), (char)Convert.ToInt32(match.Groups["low"].Value, 16)])
        : match.Value;

    // The second branch eats other escapes, so that a written backslash before a 'u' is not taken for the start of a pair.
    [GeneratedRegex(@"\\u(?<high>D[89AB][0-9A-F]{2})\\u(?<low>D[C-F][0-9A-F]{2})|\\.", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture, 5000)]
    private static partial Regex SurrogatePair();
}
