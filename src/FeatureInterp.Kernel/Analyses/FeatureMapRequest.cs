using System.Text.Json.Nodes;
using FeatureInterp.Analysis;

namespace FeatureInterp.Kernel.Analyses;

/// <summary><see cref="FeatureMap"/> as a request.</summary>
internal static class FeatureMapRequest
{
    public static AnalysisKind Kind { get; } = new("feature-map", "What features do at each token of a text.", """
        model: talegrid-6m
        sae: talegrid-6m-res-l3

        # A text, a list of token ids, or one of {text: …}, {file: FILE.txt}, {arc: TASK}, {chat: MESSAGE}, {tokens: [2, 15, 7]}.
        prompt: 'The old fox was not able to wait. "COME BACK!" he cried.'

        # features: [754, 1477]       # the strongest when left out
        top: 8                        # how many of the strongest
        exclude_special_tokens: true
        """, Read);

    private static Func<AnalysisRun, AnalysisOutcome> Read(RequestMap request)
    {
        var (model, sae) = (request.Need("model", ModelRequest.Of), request.Need("sae", SaeRequest.Of));
        var prompt = request.Need("prompt", PromptRequest.Of);
        var defaults = new FeatureMapOptions();
        var options = defaults with
        {
            Features = request.Or<int[]?>("features", v => v.Ints(), null),
            Top = request.Or("top", v => v.Int(), defaults.Top),
            ExcludeSpecialTokens = request.Or("exclude_special_tokens", v => v.Flag(), defaults.ExcludeSpecialTokens),
        };
        return run =>
        {
            var loaded = model.Load();
            var result = FeatureMap.Run(loaded, sae.Load(loaded), prompt.Tokens(loaded), options, run.Cancellation);
            return new AnalysisOutcome(result, ResultJson.Saver(Kind.Name, true, result.Provenance, new JsonObject
            {
                ["tokens"] = ResultJson.Numbers(result.Tokens),
                ["token_texts"] = ResultJson.Texts(result.TokenTexts),
                ["excluded"] = ResultJson.Each(result.Excluded, e => JsonValue.Create(e)),
                ["features"] = ResultJson.Each(result.Features, f => new JsonObject { ["feature"] = f.Feature, ["values"] = ResultJson.Numbers(f.Values) }),
            }));
        };
    }
}
