using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using FeatureInterp.Models;

namespace FeatureInterp.Saes;

/// <summary>
/// A file of releases in the form of SAELens's <c>pretrained_saes.yaml</c>: a release's name leads to <c>repo_id</c>, <c>model</c>, <c>conversion_func</c>
/// (<c>sae_lens</c> when it is left out), <c>config_overrides</c>, <c>links</c> and <c>saes</c>, a list of <c>id</c>, <c>path</c> (the id when it is left out),
/// <c>l0</c>, <c>variance_explained</c>, <c>neuronpedia</c> and <c>norm_scaling_factor</c>. Fields that are not known are passed over, as SAELens does.
/// </summary>
/// <remarks>
/// Beyond that form an id may be a <see cref="SaePattern"/>, whose parts the other texts repeat; numbers may be lists in the order of the pattern; and
/// <c>hook_name</c>, <c>d_sae</c> and <c>norm_scaling_factor: files</c> (the one the SAE's own files give) are read.
/// </remarks>
internal static class SaeRegistryFile
{
    private const int MaxBytes = 1 << 25;

    // How SAELens wrapped the releases at first.
    private const string Wrapper = "SAE_LOOKUP";

    /// <summary>Reads a file.</summary>
    /// <param name="path">The file.</param>
    /// <exception cref="ModelFileException">It is not there, no YAML, or not of that form.</exception>
    public static IReadOnlyList<SaeRelease> Read(string path)
    {
        var root = SaeYaml.Read(path, MaxBytes);
        var releases = root.Count == 1 && root[Wrapper] is JsonObject wrapped ? wrapped : root;
        return [.. releases.Select(r => Release(path, r.Key, r.Value as JsonObject ?? throw new ModelFileException(path, $"'{r.Key}' holds no release (repo_id, model, saes).")))];
    }

    private static SaeRelease Release(string path, string name, JsonObject fields)
    {
        if (fields["saes"] is not JsonArray saes)
            throw new ModelFileException(path, $"the release '{name}' has no list 'saes'.");
        return new SaeRelease
        {
            Name = name,
            Model = Text(fields, "model"),
            Repository = Text(fields, "repo_id"),
            Layout = Text(fields, "conversion_func") ?? "sae_lens",
            Links = Texts(fields["links"] as JsonObject),
            Overrides = Texts(fields["config_overrides"] as JsonObject),
            Source = path,
            Patterns = [.. saes.Select((s, i) => Pattern(path, name, s as JsonObject ?? throw new ModelFileException(path, $"entry {i + 1} of the release '{name}' is no SAE (id, path).")))],
        };
    }

    private static SaeEntryPattern Pattern(string path, string release, JsonObject fields)
    {
        var id = Text(fields, "id") ?? throw new ModelFileException(path, $"an SAE of the release '{release}' has no 'id'.");
        try
        {
            var factor = fields["norm_scaling_factor"];
            var ofFiles = factor is JsonValue && factor.GetValueKind() == JsonValueKind.String && (string?)factor == "files";
            var where = $"{release}/{id}";
            return new SaeEntryPattern(
                new SaePattern(id),
                Text(fields, "path") ?? new SaePattern(id).Template,
                Text(fields, "hook_name"),
                Text(fields, "neuronpedia"),
                Numbers(path, where, "d_sae", fields["d_sae"]) is [var width] ? (int)width : null,
                Numbers(path, where, "l0", fields["l0"]),
                Numbers(path, where, "variance_explained", fields["variance_explained"]),
                ofFiles ? [] : Numbers(path, where, "norm_scaling_factor", factor),
                ofFiles);
        }
        catch (FormatException e)
        {
            throw new ModelFileException(path, $"the release '{release}' has an id that is no pattern: {e.Message}.", e);
        }
    }

    private static double[] Numbers(string path, string where, string field, JsonNode? value) => value switch
    {
        null => [],
        JsonArray list => [.. list.SelectMany(v => Numbers(path, where, field, v))],
        JsonValue when value.GetValueKind() == JsonValueKind.Number => [Convert.ToDouble(value.ToString(), CultureInfo.InvariantCulture)],
        _ => throw new ModelFileException(path, $"'{field}' of '{where}' is {value.ToJsonString()}, where a number was expected."),
    };

    private static string? Text(JsonObject fields, string name) => fields[name] is JsonValue value ? value.ToString() : null;

    // What has a structure of its own means nothing here.
    private static Dictionary<string, string> Texts(JsonObject? fields) => fields is null ? [] : fields
        .SelectMany(f => f.Value is JsonObject inner ? inner.Select(g => (Name: $"{f.Key}.{g.Key}", g.Value)) : [(f.Key, f.Value)])
        .Where(f => f.Value is JsonValue)
        .ToDictionary(f => f.Name, f => f.Value!.GetValueKind() is JsonValueKind.True or JsonValueKind.False ? f.Value.ToJsonString() : f.Value.ToString(), StringComparer.Ordinal);
}
