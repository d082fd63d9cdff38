using System.Text.Json;
using FeatureInterp.Saes;

namespace FeatureInterp.Tests;

/// <summary>The upstream layouts that SAELens read, with what it made of them.</summary>
internal sealed class LayoutGolden
{
    private static readonly string[] NoLayouts = ["config_inference", "pt_reader"];

    public LayoutGolden(string name)
    {
        Folder = Path.Combine(Repository.Shared!, "goldens", "saes", "layouts", name);
        Json = JsonDocument.Parse(File.ReadAllText(Path.Combine(Folder, "golden.json"))).RootElement;
    }

    /// <summary>Every case; one empty row when there are no goldens: a theory without rows would fail instead of being skipped.</summary>
    public static TheoryData<string> Cases() => Repository.Shared is null ? [""] :
        [.. Directory.GetDirectories(Path.Combine(Repository.Shared, "goldens", "saes", "layouts")).Select(d => Path.GetFileName(d)).Except(NoLayouts).Order(StringComparer.Ordinal)];

    /// <summary>The cases that SAELens reads itself: all but sparsify's own orientation of W_dec, which it refuses.</summary>
    public static TheoryData<string> CasesThatSaeLensReads() => Repository.Shared is null ? [""] :
        [.. Cases().Select(c => c.Data).Where(c => !new LayoutGolden(c).Json.TryGetProperty("raises", out _))];

    public string Folder { get; }

    public JsonElement Json { get; }

    public string Loader => Json.GetProperty("loader").GetString()!;

    /// <summary>The SAE's place, as SAELens names it below the repository.</summary>
    public string Place => Path.Combine(Folder, "files", Json.GetProperty("path").GetString()!);

    public double? NormScalingFactor => Json.GetProperty("norm_scaling_factor") is { ValueKind: JsonValueKind.Number } factor ? factor.GetDouble() : null;

    /// <summary>What SAELens's directory says of the case.</summary>
    public SaeLoadOptions Options => new()
    {
        Repository = Json.GetProperty("repo_id").GetString(),
        NormScalingFactor = NormScalingFactor,
        Overrides = Overrides(Json.GetProperty("config_overrides")),
    };

    private static Dictionary<string, string> Overrides(JsonElement fields) => fields.EnumerateObject()
        .SelectMany(f => f.Value.ValueKind == JsonValueKind.Object ? f.Value.EnumerateObject().Select(g => (Name: $"{f.Name}.{g.Name}", g.Value)) : [(f.Name, f.Value)])
        .ToDictionary(f => f.Name, f => f.Value.ToString());
}
