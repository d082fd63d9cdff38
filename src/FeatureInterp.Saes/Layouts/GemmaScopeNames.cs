using System.Globalization;
using System.Text.RegularExpressions;
using FeatureInterp.Models;

namespace FeatureInterp.Saes;

/// <summary>What Gemma Scope's names say: <c>google/gemma-scope-2b-pt-att</c>, <c>layer_7/width_16k/average_l0_104</c>.</summary>
internal static partial class GemmaScopeNames
{
    // The names round: 65k is 2¹⁶, 1m is 2²⁰.
    private static readonly Dictionary<string, int> Widths = new(StringComparer.Ordinal)
    {
        ["4k"] = 1 << 12,
        ["16k"] = 1 << 14,
        ["32k"] = 1 << 15,
        ["65k"] = 1 << 16,
        ["131k"] = 1 << 17,
        ["262k"] = 1 << 18,
        ["524k"] = 1 << 19,
        ["1m"] = 1 << 20,
    };

    /// <summary>Whether a path lies under the SAEs of the token embedding.</summary>
    public static bool IsEmbedding(string path) => path.Split('/').Contains("embedding", StringComparer.Ordinal);

    /// <summary>Whether a repository or a folder is one of transcoders.</summary>
    public static bool IsTranscoders(string name) => Repository().Match(name) is { Success: true } match && match.Groups["site"].Value == "transcoders";

    /// <summary>Reads the names of an SAE.</summary>
    public static SaeNameFacts Sae(string repository, string path)
    {
        if (Model(repository) is not { } model)
            return SaeNameFacts.Unknown($"'{repository}' names no Gemma-2 model (a repository of Gemma Scope is called gemma-scope-2b-pt-res or alike)");
        var layer = LayerOf(path);
        if (layer is null && !IsEmbedding(path))
            return SaeNameFacts.Unknown($"'{path}' names no layer (a folder of Gemma Scope is called layer_20/width_16k/average_l0_71 or alike)");
        var site = model.Site switch
        {
            "res" when IsEmbedding(path) => new HookPoint(HookSite.Embed),
            "res" => new HookPoint(HookSite.ResidPost, layer ?? 0),
            "mlp" => new HookPoint(HookSite.MlpOut, layer ?? 0),
            "att" => new HookPoint(HookSite.Z, layer ?? 0),
            _ => (HookPoint?)null,
        };
        if (site is null)
            return SaeNameFacts.Unknown($"'{repository}' names no site that an SAE reads");
        return new SaeNameFacts
        {
            ModelName = model.Name,
            HookIn = site,
            DIn = model.Site == "att" ? model.Heads : model.DModel,
            DSae = Width().Match(path) is { Success: true } width && Widths.TryGetValue(width.Groups["width"].Value, out var features) ? features : null,
        };
    }

    /// <summary>Reads the names of a transcoder, which reads the normalised input of the MLP and writes the MLP's output.</summary>
    public static SaeNameFacts Transcoder(string repository, string path)
    {
        if (Model(repository) is not { } model)
            return SaeNameFacts.Unknown($"'{repository}' names no Gemma-2 model (the repository is called gemma-scope-2b-pt-transcoders or alike)");
        if (LayerOf(path) is not { } layer)
            return SaeNameFacts.Unknown($"'{path}' names no layer (a folder is called layer_5/width_16k/average_l0_27 or alike)");
        if (Width().Match(path) is not { Success: true } width)
            return SaeNameFacts.Unknown($"'{path}' names no width (a folder is called layer_5/width_16k/average_l0_27 or alike)");
        var name = width.Groups["width"].Value;
        return new SaeNameFacts
        {
            ModelName = model.Name,
            HookIn = new HookPoint(HookSite.Ln2Normalized, layer),
            HookOut = new HookPoint(HookSite.MlpOut, layer),
            DIn = model.DModel,
            DSae = Widths.TryGetValue(name, out var features) ? features : name[^1] == 'k' ? int.Parse(name[..^1], CultureInfo.InvariantCulture) * 1024 : null,
        };
    }

    private static (string Name, string Site, int DModel, int Heads)? Model(string repository)
    {
        if (Repository().Match(repository) is not { Success: true } match)
            return null;
        var size = match.Groups["size"].Value;
        var (width, heads) = size switch { "2b" => (2304, 2048), "9b" => (3584, 4096), _ => (4608, 4608) };
        return ($"gemma-2-{size}{(match.Groups["kind"].Value == "it" ? "-it" : "")}", match.Groups["site"].Value, width, heads);
    }

    private static int? LayerOf(string path) =>
        Layer().Match(path) is { Success: true } match ? int.Parse(match.Groups["layer"].Value, CultureInfo.InvariantCulture) : null;

    [GeneratedRegex(@"(^|/)gemma-scope-(?<size>2b|9b|27b)-(?<kind>pt|it)-(?<site>res|mlp|att|transcoders)(-canonical)?$", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Repository();

    [GeneratedRegex(@"(^|/)layer_(?<layer>\d{1,4})(/|$)", RegexOptions.ExplicitCapture | RegexOptions.RightToLeft, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Layer();

    [GeneratedRegex(@"(^|/)width_(?<width>\d{1,5}[km])(/|$)", RegexOptions.ExplicitCapture | RegexOptions.RightToLeft, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Width();
}
