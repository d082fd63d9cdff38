using System.Globalization;
using System.Text.Json;

namespace FeatureInterp.Analysis;

/// <summary>
/// Activations as they were once exported for dashboards: <c>ROOT/MODEL-SET/LAYER-SET/FIRST-END.json</c>, a list with one object
/// <c>{index, activations: [{tokens, values, maxValue, maxValueTokenIndex, …}]}</c> for each feature from FIRST to END − 1.
/// </summary>
public static class ActivationExport
{
    private const long LargestFile = 1L << 30;

    /// <summary>The folder of an SAE: for the model <c>gemma-2-2b</c> and the SAE <c>20-gemmascope-res-16k</c>, <c>ROOT/gemma-2-2b-gemmascope-res-16k/20-gemmascope-res-16k</c>.</summary>
    /// <param name="root">Where the exports are.</param>
    /// <param name="model">The model's name in the export.</param>
    /// <param name="sae">The SAE's, its layer in front.</param>
    /// <exception cref="AnalysisException">The SAE's name has no layer in front, or a name is no folder's.</exception>
    public static string Folder(string root, string model, string sae)
    {
        var dash = sae.IndexOf('-', StringComparison.Ordinal);
        if (dash < 1 || dash == sae.Length - 1)
            throw new AnalysisException($"'{sae}' does not name an SAE of an export; give its layer, a dash and its set, such as 20-gemmascope-res-16k.");
        if ((model + sae).AsSpan().IndexOfAny('/', '\\') >= 0 || model.Length == 0)
            throw new AnalysisException($"'{model}' and '{sae}' are not names of a model and an SAE: they may not be empty or hold a slash.");
        return Path.Combine(root, $"{model}-{sae[(dash + 1)..]}", sae);
    }

    /// <summary>The records of one feature, in the file's order; none when no file covers it.</summary>
    /// <param name="folder">The SAE's folder; see <see cref="Folder"/>.</param>
    /// <param name="feature">The feature.</param>
    /// <exception cref="AnalysisException">The folder is not there, or the file is damaged.</exception>
    public static IReadOnlyList<ActivationRecord> Read(string folder, int feature)
    {
        if (!Directory.Exists(folder))
            throw new AnalysisException($"There is no export in '{folder}'.");
        foreach (var path in Directory.EnumerateFiles(folder, "*.json").Order(StringComparer.Ordinal))
        {
            if (Range(path) is var (first, end) && first <= feature && feature < end)
                return Read(path, feature, feature - first);
        }

        return [];
    }

    // "0-100.json": features 0 to 99; other names are passed over.
    private static (int First, int End)? Range(string path)
    {
        var parts = Path.GetFileNameWithoutExtension(path).Split('-');
        return parts.Length == 2
            && int.TryParse(parts[0], NumberStyles.None, CultureInfo.InvariantCulture, out var first)
            && int.TryParse(parts[1], NumberStyles.None, CultureInfo.InvariantCulture, out var end) ? (first, end) : null;
    }

    private static ActivationRecord[] Read(string path, int feature, int at)
    {
        try
        {
            if (new FileInfo(path).Length > LargestFile)
                throw new AnalysisException($"'{path}' is larger than 1 GiB; it is no export of activations.");
            using var stream = File.OpenRead(path);
            using var json = JsonDocument.Parse(stream);
            if (json.RootElement.ValueKind != JsonValueKind.Array || json.RootElement.GetArrayLength() <= at)
                throw Damaged(path, $"it is no list with a place {at} for feature {feature}");
            var entry = json.RootElement[at];
            if (entry.TryGetProperty("index", out var index) && Number(index) is { } found && found != feature)
                throw Damaged(path, $"place {at} is feature {found}, not {feature}");
            return [.. entry.GetProperty("activations").EnumerateArray().Select((r, i) => Record(path, r, feature, i))];
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or KeyNotFoundException or FormatException or IOException or UnauthorizedAccessException)
        {
            throw new AnalysisException($"'{path}' cannot be read as an export of activations: {e.Message}", e);
        }
    }

    private static ActivationRecord Record(string path, JsonElement json, int feature, int number)
    {
        string[] tokens = [.. json.GetProperty("tokens").EnumerateArray().Select(t => t.GetString() ?? "")];
        float[] values = [.. json.GetProperty("values").EnumerateArray().Select(v => v.GetSingle())];
        var (max, at) = (json.GetProperty("maxValue").GetSingle(), json.GetProperty("maxValueTokenIndex").GetInt32());
        if (tokens.Length != values.Length)
            throw Damaged(path, $"record {number} of feature {feature} has {tokens.Length} tokens and {values.Length} values");
        if ((uint)at >= (uint)tokens.Length)
            throw Damaged(path, $"record {number} of feature {feature} has its largest value at token {at} of {tokens.Length}");
        return values.All(float.IsFinite) && float.IsFinite(max)
            ? new ActivationRecord(tokens, values, max, at)
            : throw Damaged(path, $"record {number} of feature {feature} has a value that is not finite");
    }

    private static int? Number(JsonElement json) => json.ValueKind switch
    {
        JsonValueKind.Number => json.GetInt32(),
        JsonValueKind.String when int.TryParse(json.GetString(), NumberStyles.None, CultureInfo.InvariantCulture, out var n) => n,
        _ => null,
    };

    private static AnalysisException Damaged(string path, string what) => new($"'{path}' is damaged: {what}.");
}
