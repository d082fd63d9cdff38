using System.Text.Json.Nodes;
using FeatureInterp.Analysis;

namespace FeatureInterp.Kernel.Analyses;

/// <summary><see cref="LogitLens"/> as a request.</summary>
internal static class LogitLensRequest
{
    public static AnalysisKind Kind { get; } = new("logit-lens", "What each layer would predict if it were the last.", """
        model: talegrid-6m
        prompt: The king was so angry that    # as in a feature-map request

        tokens: [" he", " she"]       # to follow through the layers: texts that are one token, or ids; the model's own answer when left out
        top: 5                        # tokens kept at each layer and position
        positions: all                # or last, or numbers, negative ones from the end
        include_mid: false            # whether the stream between attention and MLP is read too
        """, Read);

    private static Func<AnalysisRun, AnalysisOutcome> Read(RequestMap request)
    {
        var (model, prompt) = (request.Need("model", ModelRequest.Of), request.Need("prompt", PromptRequest.Of));
        var defaults = new LogitLensOptions();
        var options = defaults with
        {
            Tokens = request.Or<TokenChoice[]?>("tokens", v => v.Each(t => t.Tokens()), null),
            Top = request.Or("top", v => v.Int(), defaults.Top),
            Positions = request.Or("positions", v => v.Positions(), defaults.Positions),
            InclMid = request.Or("include_mid", v => v.Flag(), defaults.InclMid),
        };
        return run =>
        {
            var loaded = model.Load();
            var result = LogitLens.Run(loaded, prompt.Tokens(loaded), options, run.Cancellation);
            return new AnalysisOutcome(result, ResultJson.Saver(Kind.Name, true, result.Provenance, new JsonObject
            {
                ["positions"] = ResultJson.Numbers(result.Positions),
                ["token_texts"] = ResultJson.Texts(result.TokenTexts),
                ["followed"] = ResultJson.Each(result.FollowedTokens.Zip(result.Followed), f => new JsonObject { ["token"] = f.First, ["text"] = f.Second }),
                ["layers"] = ResultJson.Each(result.Rows, r => new JsonObject { ["label"] = r.Label, ["positions"] = ResultJson.Each(r.Cells, Cell) }),
            }));
        };
    }

    private static JsonObject Cell(LensCell cell) => new()
    {
        ["top"] = ResultJson.Each(cell.Top, t => new JsonObject { ["token"] = t.Token, ["text"] = t.Text, ["logit"] = ResultJson.Number(t.Logit), ["probability"] = ResultJson.Number(t.Probability) }),
        ["probabilities"] = ResultJson.Numbers(cell.Probabilities),
        ["ranks"] = ResultJson.Numbers(cell.Ranks),
    };
}
