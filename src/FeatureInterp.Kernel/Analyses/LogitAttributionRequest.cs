using System.Text.Json.Nodes;
using FeatureInterp.Analysis;

namespace FeatureInterp.Kernel.Analyses;

/// <summary><see cref="FeatureAttribution"/> as a request: direct logit attribution of features, or of heads.</summary>
internal static class LogitAttributionRequest
{
    public static AnalysisKind Kind { get; } = new("logit-attribution", "What features, or attention heads, add to a logit by the stream alone.", """
        model: talegrid-6m
        sae: talegrid-6m-res-l3       # not needed for heads
        prompt: The king was so angry that    # as in a feature-map request

        of: features                  # or heads
        answer: " he"                 # the token whose logit is taken apart: a text that is one token, or an id
        other: " she"                 # the token whose logit is taken off; none when left out
        position: -1                  # negative ones from the end
        """, Read);

    private static Func<AnalysisRun, AnalysisOutcome> Read(RequestMap request)
    {
        var (model, prompt) = (request.Need("model", ModelRequest.Of), request.Need("prompt", PromptRequest.Of));
        var (answer, other) = (request.Need("answer", v => v.Tokens()), request.Or<TokenChoice?>("other", v => v.Tokens(), null));
        var position = request.Or("position", v => v.Int(), -1);
        if (request.Or("of", v => v.Choice(("features", false), ("heads", true)), false))
        {
            request.Or<SaeRequest?>("sae", SaeRequest.Of, null);
            return run =>
            {
                var loaded = model.Load();
                var result = FeatureAttribution.Heads(loaded, prompt.Tokens(loaded), answer, other, position, run.Cancellation);
                return new AnalysisOutcome(result, ResultJson.Saver(Kind.Name, true, result.Provenance, new JsonObject { ["of"] = "heads", ["name"] = result.Name, ["values"] = ResultJson.Of(result.Values) }));
            };
        }

        var sae = request.Need("sae", SaeRequest.Of);
        return run =>
        {
            var loaded = model.Load();
            var result = FeatureAttribution.Run(loaded, sae.Load(loaded), prompt.Tokens(loaded), answer, other, position, run.Cancellation);
            return new AnalysisOutcome(result, ResultJson.Saver(Kind.Name, true, result.Provenance, Json(result)));
        };
    }

    private static JsonObject Json(FeatureAttributionResult result) => new()
    {
        ["of"] = "features",
        ["name"] = result.Name,
        ["features"] = ResultJson.Each(result.Features, f => new JsonObject
        {
            ["feature"] = f.Feature,
            ["activation"] = ResultJson.Number(f.Activation),
            ["logits"] = ResultJson.Number(f.Logits),
        }),
        ["decoder_bias"] = ResultJson.Number(result.DecoderBias),
        ["error"] = ResultJson.Number(result.Error),
        ["rest"] = ResultJson.Number(result.Rest),
        ["unembed_bias"] = ResultJson.Number(result.UnembedBias),
        ["sum"] = ResultJson.Number(result.Sum),
        ["logit"] = ResultJson.Number(result.Logit),
    };
}
