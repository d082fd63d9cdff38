using System.Text.Json.Nodes;
using FeatureInterp.Analysis;
using FeatureInterp.Models;

namespace FeatureInterp.Kernel.Analyses;

/// <summary><see cref="ActivationPatching"/> as a request.</summary>
internal static class PatchingRequest
{
    public static AnalysisKind Kind { get; } = new("patching", "Which layer, position or head carries the difference between two prompts.", """
        model: talegrid-6m

        # As many of each, of as many tokens; each as in a feature-map request.
        clean: The king was so angry that
        corrupted: The queen was so angry that

        # One of logit_difference, logit and log_probability. A token is a text that is one token (mind the space in front), or an id.
        metric: {logit_difference: {answer: " he", other: " she"}}

        site: resid_pre               # resid_mid, resid_post, attn_out, mlp_out, q, k, v, z, pattern
        # axes: layer-position        # layer-head, layer-head-position; what suits the site when left out
        # layers: [0, 1, 2]           # all when left out
        # positions: all              # or last, or numbers, negative ones from the end
        # max_batch_mib: 256          # memory of the patches that run together
        """, Read);

    private static Func<AnalysisRun, AnalysisOutcome> Read(RequestMap request)
    {
        var model = request.Need("model", ModelRequest.Of);
        var (clean, corrupted) = (request.Need("clean", PromptRequest.Several), request.Need("corrupted", PromptRequest.Several));
        var metric = request.Need("metric", v => v.Map(map => map.OneOf<Metric>(
            ("logit_difference", m => m.Map(Difference)), ("logit", m => Metric.Logit(m.Tokens())), ("log_probability", m => Metric.LogProbability(m.Tokens())))));
        var site = request.Or("site", Site, HookSite.ResidPre);
        var defaults = new ActivationPatchingOptions();
        var options = defaults with
        {
            Axes = request.Or<PatchAxes?>("axes", v => v.Choice(("layer-position", PatchAxes.LayerPosition), ("layer-head", PatchAxes.LayerHead), ("layer-head-position", PatchAxes.LayerHeadPosition)), null),
            Layers = request.Or<int[]?>("layers", v => v.Ints(), null),
            Positions = request.Or("positions", v => v.Positions(), defaults.Positions),
            MaxBatchBytes = request.Or("max_batch_mib", v => (long)v.Int() << 20, defaults.MaxBatchBytes),
        };
        return run =>
        {
            var loaded = model.Load();
            var result = ActivationPatching.Run(
                loaded, Array.ConvertAll(clean, p => p.Tokens(loaded)), Array.ConvertAll(corrupted, p => p.Tokens(loaded)), metric, site, options, run.Share(), run.Cancellation);
            return new AnalysisOutcome(result, ResultJson.Saver(Kind.Name, true, result.Provenance, new JsonObject
            {
                ["site"] = new HookPoint(result.Site).ToString(),
                ["metric"] = result.Metric,
                ["clean"] = ResultJson.Number(result.CleanValue),
                ["corrupted"] = ResultJson.Number(result.CorruptedValue),
                ["layers"] = ResultJson.Numbers(result.Layers),
                ["heads"] = ResultJson.Numbers(result.Heads),
                ["positions"] = ResultJson.Numbers(result.Positions),
                ["token_texts"] = ResultJson.Texts(result.TokenTexts),
                ["values"] = ResultJson.Of(result.Values),
            }));
        };
    }

    private static Metric Difference(RequestMap pair)
    {
        var (answer, other) = (pair.Need("answer", t => t.Tokens()), pair.Need("other", t => t.Tokens()));
        pair.Finish();
        return Metric.LogitDifference(answer, other);
    }

    private static HookSite Site(RequestValue value) => value.Choice(
        ("resid_pre", HookSite.ResidPre), ("resid_mid", HookSite.ResidMid), ("resid_post", HookSite.ResidPost), ("attn_out", HookSite.AttnOut), ("mlp_out", HookSite.MlpOut),
        ("q", HookSite.Q), ("k", HookSite.K), ("v", HookSite.V), ("z", HookSite.Z), ("pattern", HookSite.Pattern));
}
