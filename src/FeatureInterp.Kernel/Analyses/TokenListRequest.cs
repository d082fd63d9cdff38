using System.Text.Json.Nodes;
using FeatureInterp.Analysis;

namespace FeatureInterp.Kernel.Analyses;

/// <summary><see cref="TokenList"/> as a request.</summary>
internal static class TokenListRequest
{
    public static AnalysisKind Kind { get; } = new("token-list", "Which tokens' embeddings lie nearest a feature's vector.", """
        model: talegrid-6m
        sae: talegrid-6m-res-l3
        feature: 216                  # or token: " girl", a word of the model to compare with

        score: filtered               # (1 − cos(ghost, e))^exponent / (1 − cos(centroid, e)); or cosine, centred-cosine, component-removed-cosine
        exponent: 1.4
        top: 100

        # How the feature becomes a token: normalise((1 − share)·decoder + share·encoder), mixed with the embeddings' principal components, so far from the centroid (or zero).
        ghost:
          encoder_share: 0
          from_centroid: true
          # scale: 3.8                # as far as a token on average when left out
          # component_weights: [-0.5]
        """, Read);

    private static Func<AnalysisRun, AnalysisOutcome> Read(RequestMap request)
    {
        var model = request.Need("model", ModelRequest.Of);
        var defaults = new TokenListOptions();
        var options = defaults with
        {
            Score = request.Or("score", v => v.Choice(
                ("filtered", TokenListScore.Filtered), ("cosine", TokenListScore.Cosine), ("centred-cosine", TokenListScore.CentredCosine),
                ("component-removed-cosine", TokenListScore.ComponentRemovedCosine)), defaults.Score),
            Exponent = request.Or("exponent", v => v.Number(), defaults.Exponent),
            Top = request.Or("top", v => v.Int(), defaults.Top),
            Ghost = request.Or("ghost", v => v.Map(GhostRequest.Options), defaults.Ghost),
        };
        var ghost = GhostRequest.Of(request);
        return run =>
        {
            var loaded = model.Load();
            var result = ghost.Run(loaded, (sae, feature) => TokenList.Run(loaded, sae, feature, options, run.Cancellation), token => TokenList.Run(loaded, token, options, run.Cancellation));
            return new AnalysisOutcome(result, ResultJson.Saver(Kind.Name, true, result.Provenance, new JsonObject
            {
                ["ghost"] = result.Ghost.Label,
                ["tokens"] = ResultJson.Each(result.Tokens, t => new JsonObject { ["rank"] = t.Rank, ["token"] = t.Token, ["text"] = t.Text, ["score"] = ResultJson.Number(t.Score) }),
            }));
        };
    }
}
