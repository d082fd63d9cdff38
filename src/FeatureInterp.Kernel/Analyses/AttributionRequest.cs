using System.Text.Json.Nodes;
using FeatureInterp.Analysis;
using FeatureInterp.Display;

namespace FeatureInterp.Kernel.Analyses;

/// <summary><see cref="Attribution"/> as a request, with <see cref="AttributionCheck"/> beside it. Attribution patching is a method of the patching request.</summary>
internal static class AttributionRequest
{
    public static AnalysisKind Kind { get; } = new("attribution", "What each feature adds to an answer, by gradients, and whether that is so.", """
        model: talegrid-6m
        sae: talegrid-6m-res-l3       # or a list of SAEs, at most one for a hook

        # As in a feature-map request.
        prompt: The king was not able

        # One of logit, logit_difference and log_probability, as in a patching request.
        metric: {logit: " to"}

        # steps: 32                   # integrated gradients from all features off; plain gradients when left out
        error_term: true              # whether what the SAE misses is added back, as a constant
        top: 12                       # how many features the figures show
        check: 12                     # how many of the strongest are set to zero, one at a time, to compare; none when left out
        """, Read);

    private static Func<AnalysisRun, AnalysisOutcome> Read(RequestMap request)
    {
        var (model, saes) = (request.Need("model", ModelRequest.Of), request.Need("sae", v => v.Each(SaeRequest.Of)));
        var (prompt, metric) = (request.Need("prompt", PromptRequest.Of), request.Need("metric", MetricRequest.Of));
        var d = new AttributionOptions();
        var options = d with
        {
            ErrorTerm = request.Or("error_term", v => v.Flag(), d.ErrorTerm),
            Steps = request.Or<int?>("steps", v => v.Int(), null),
            Top = request.Or("top", v => v.Int(), d.Top),
        };
        var check = request.Or<int?>("check", v => v.Int(), null);
        return run =>
        {
            var loaded = model.Load();
            var fitted = Array.ConvertAll(saes, s => s.Load(loaded));
            var result = Attribution.Run(loaded, fitted, prompt.Tokens(loaded), metric.WithGradient(loaded), options, run.Cancellation);
            var effects = check is { } top ? AttributionCheck.Run(loaded, fitted[0], result, top, run.Cancellation) : null;
            IDisplay display = effects is null ? result : new DisplayStack("", result.ToDisplay(), effects.ToDisplay());
            return new AnalysisOutcome(display, ResultJson.Saver(Kind.Name, true, result.Saes[0].Provenance, Json(result, effects)));
        };
    }

    private static JsonObject Json(AttributionResult result, EffectPrediction? effects) => new()
    {
        ["metric"] = result.Metric.Name,
        ["value"] = ResultJson.Number(result.Value),
        ["baseline_value"] = ResultJson.Number(result.BaselineValue),
        ["gap"] = ResultJson.Number(result.Gap),
        ["tokens"] = ResultJson.Numbers(result.Tokens),
        ["token_texts"] = ResultJson.Texts(result.TokenTexts),
        ["options"] = new JsonObject { ["error_term"] = result.Options.ErrorTerm, ["steps"] = result.Options.Steps },
        ["saes"] = ResultJson.Each(result.Saes, s => new JsonObject
        {
            ["sae"] = s.Sae,
            ["sae_hash"] = s.Provenance.SaeHash,
            ["hook"] = s.Hook.ToString(),
            ["total"] = ResultJson.Number(s.Total),
            ["error_total"] = ResultJson.Number(s.ErrorTotal),
            ["per_position"] = ResultJson.Numbers(s.PerPosition),
            ["error_per_position"] = ResultJson.Numbers(s.ErrorPerPosition),
            ["features"] = ResultJson.Each(s.Features, f => new JsonObject
            {
                ["feature"] = f.Feature,
                ["attribution"] = ResultJson.Number(f.Attribution),
                ["fires_at"] = f.Tokens,
                ["max_activation"] = ResultJson.Number(f.MaxActivation),
            }),
            ["fired"] = ResultJson.Each(s.Fired, f => new JsonObject
            {
                ["position"] = f.Position,
                ["feature"] = f.Feature,
                ["activation"] = ResultJson.Number(f.Activation),
                ["gradient"] = ResultJson.Number(f.Gradient),
            }),
        }),
        ["check"] = effects is null ? null : ResultJson.Of(effects),
    };
}
