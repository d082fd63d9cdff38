using System.Globalization;
using System.Text.RegularExpressions;
using FeatureInterp.Models;

namespace FeatureInterp.Saes;

/// <summary>What Gemma Scope 2's names say: <c>google/gemma-scope-2-1b-pt</c>, <c>resid_post/layer_9_width_16k_l0_medium</c>.</summary>
internal static partial class GemmaScope2Names
{
    /// <summary>Reads the names of an SAE or transcoder.</summary>
    public static SaeNameFacts Facts(string repository, string path)
    {
        if (Repository().Match(repository) is not { Success: true } match)
            return SaeNameFacts.Unknown($"'{repository}' names no Gemma-3 model (a repository of Gemma Scope 2 is called gemma-scope-2-1b-pt or alike)");
        var facts = Site(path);
        return facts.Fault is null ? facts with { ModelName = Model($"gemma-3-{match.Groups["size"].Value}-{match.Groups["kind"].Value}") } : facts;
    }

    /// <summary>
    /// Reads what the folders say without the repository. Attention SAEs read the heads' outputs; transcoders what the MLP's matrices are
    /// applied to, after the norm, which is <c>mlp.hook_in</c> (SAELens names <c>hook_mlp_in</c>, before the norm).
    /// </summary>
    public static SaeNameFacts Site(string path)
    {
        if (Layer().Match(path) is not { Success: true } match)
            return SaeNameFacts.Unknown($"'{path}' names no layer (a folder of Gemma Scope 2 is called resid_post/layer_9_width_16k_l0_medium or alike)");
        var layer = int.Parse(match.Groups["layer"].Value, CultureInfo.InvariantCulture);
        var kind = path.Split('/').Select(KindOf).LastOrDefault(k => k.Length > 0) ?? "";
        return kind switch
        {
            "resid_post" => new SaeNameFacts { HookIn = new HookPoint(HookSite.ResidPost, layer) },
            "attn_out" => new SaeNameFacts { HookIn = new HookPoint(HookSite.Z, layer) },
            "mlp_out" => new SaeNameFacts { HookIn = new HookPoint(HookSite.MlpOut, layer) },
            "transcoder" or "clt" => new SaeNameFacts { HookIn = new HookPoint(HookSite.MlpIn, layer), HookOut = new HookPoint(HookSite.MlpOut, layer) },
            _ => SaeNameFacts.Unknown($"'{path}' names no site; Gemma Scope 2 has resid_post, attn_out, mlp_out, transcoder and clt"),
        };
    }

    /// <summary>Whether a path is one of transcoders.</summary>
    public static bool IsTranscoder(string path) => path.Split('/').Any(s => KindOf(s) is "transcoder" or "clt");

    /// <summary>The model a <c>config.json</c> means by <c>gemma-v3-270m-pt</c>, under the name it is published by.</summary>
    public static string Model(string name)
    {
        var published = "google/" + name.Replace("gemma-v3-", "gemma-3-", StringComparison.Ordinal);
        return published == "google/gemma-3-270m-pt" ? "google/gemma-3-270m" : published;
    }

    /// <summary>The hook that a module's name in the Transformers library stands for; null for one that is not known.</summary>
    /// <param name="module">Such as <c>model.layers.9.output</c>.</param>
    public static HookPoint? Hook(string? module) => module is not null && Module().Match(module) is { Success: true } match
        ? new HookPoint(match.Groups["part"].Value switch
        {
            "output" => HookSite.ResidPost,
            "self_attn.o_proj.input" => HookSite.Z,
            "post_feedforward_layernorm.output" => HookSite.MlpOut,
            _ => HookSite.MlpIn,
        }, int.Parse(match.Groups["layer"].Value, CultureInfo.InvariantCulture))
        : null;

    // resid_post, resid_post_all: the same site, other layers.
    private static string KindOf(string folder) => folder.EndsWith("_all", StringComparison.Ordinal) ? KindOf(folder[..^4]) : folder is "resid_post" or "attn_out" or "mlp_out" or "transcoder" or "clt" ? folder : "";

    [GeneratedRegex("(^|/)gemma-scope-2-(?<size>270m|1b|4b|12b|27b)-(?<kind>pt|it)$", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Repository();

    [GeneratedRegex(@"(^|/|_)layer_(?<layer>\d{1,4})([/_.]|$)", RegexOptions.ExplicitCapture | RegexOptions.RightToLeft, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Layer();

    [GeneratedRegex(@"^model\.layers\.(?<layer>\d{1,4})\.(?<part>output|self_attn\.o_proj\.input|post_feedforward_layernorm\.output|pre_feedforward_layernorm\.output)$", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Module();
}
