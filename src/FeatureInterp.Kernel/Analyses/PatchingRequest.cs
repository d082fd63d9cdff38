using System.Text.Json.Nodes;
using FeatureInterp.Analysis;
using FeatureInterp.Display;
using FeatureInterp.Models;

namespace FeatureInterp.Kernel.Analyses;

/// <summary><see cref="ActivationPatching"/>, <see cref="AttributionPatching"/>, or both as a request.</summary>
internal static class PatchingRequest
{
    private enum Method
    {
        Exact, Estimate, Both,
    }

    public static AnalysisKind Kind { get; } = new("patching", "Which layer, position or head carries the difference between two prompts.", """
        model: talegrid-6m

        # As many of each, of as many tokens; each as in a feature-map request.
        clean: The king was so angry that
        corrupted: The queen was so angry that

        # One of logit_difference, logit and log_probability. A token is a text that is one token (mind the space in front), or an id.
        metric: {logit_difference: {answer: " he", other: " she"}}

        method: exact                 # a run for each patch; estimate: attribution patching, all of them from one gradient; both: one against the other
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
        var metric = request.Need("metric", MetricRequest.Of);
        var method = request.Or("method", v => v.Choice(("exact", Method.Exact), ("estimate", Method.Estimate), ("both", Method.Both)), Method.Exact);
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
            var (from, into) = (Array.ConvertAll(clean, p => p.Tokens(loaded)), Array.ConvertAll(corrupted, p => p.Tokens(loaded)));
            var exact = method == Method.Estimate ? null : ActivationPatching.Run(loaded, from, into, metric, site, options, run.Share(), run.Cancellation);
            var estimate = method == Method.Exact ? null : AttributionPatching.Run(loaded, from, into, metric.WithGradient(loaded, into.Length), site, options, run.Cancellation);
            var against = exact is null ? null : estimate?.Against(exact);
            var display = against is null ? exact?.ToDisplay() ?? estimate!.ToDisplay() : new DisplayStack("", exact!.ToDisplay(), estimate!.ToDisplay(), against.ToDisplay());
            var grid = exact ?? estimate!.Estimate;
            return new AnalysisOutcome(display, ResultJson.Saver(Kind.Name, true, grid.Provenance, Json(grid, estimate, against)));
        };
    }

    private static JsonObject Json(ActivationPatchingResult grid, AttributionPatchingResult? estimate, EffectPrediction? against)
    {
        var written = new JsonObject
        {
            ["site"] = new HookPoint(grid.Site).ToString(),
            ["metric"] = grid.Metric,
            ["clean"] = ResultJson.Number(grid.CleanValue),
            ["corrupted"] = ResultJson.Number(grid.CorruptedValue),
            ["layers"] = ResultJson.Numbers(grid.Layers),
            ["heads"] = ResultJson.Numbers(grid.Heads),
            ["positions"] = ResultJson.Numbers(grid.Positions),
            ["token_texts"] = ResultJson.Texts(grid.TokenTexts),
        };
        if (grid != estimate?.Estimate)
            written["values"] = ResultJson.Of(grid.Values);
        if (estimate is not null)
            written["estimates"] = ResultJson.Of(estimate.Estimate.Values);
        if (against is not null)
            written["against"] = ResultJson.Of(against);
        return written;
    }

    private static HookSite Site(RequestValue value) => value.Choice(
        ("resid_pre", HookSite.ResidPre), ("resid_mid", HookSite.ResidMid), ("resid_post", HookSite.ResidPost), ("attn_out", HookSite.AttnOut), ("mlp_out", HookSite.MlpOut),
        ("q", HookSite.Q), ("k", HookSite.K), ("v", HookSite.V), ("z", HookSite.Z), ("pattern", HookSite.Pattern));
}
