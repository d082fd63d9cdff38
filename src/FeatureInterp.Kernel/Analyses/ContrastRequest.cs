using System.Text.Json.Nodes;
using FeatureInterp.Analysis;

namespace FeatureInterp.Kernel.Analyses;

/// <summary><see cref="ContrastPair"/> as a request.</summary>
internal static class ContrastRequest
{
    public static AnalysisKind Kind { get; } = new("contrast", "Which features differ between two prompts where the model is about to answer.", """
        model: talegrid-6m
        sae: talegrid-6m-res-l3

        # Each a text, or one of {text: …}, {file: FILE.txt}, {arc: TASK}.
        first: {arc: e9afcf9a}
        second: {arc: c9e6f938}
        first_name: e9afcf9a
        second_name: c9e6f938

        top: 10                       # how many differences are listed
        position: last-token          # or right-padded-minus-one, as TransformerLens 2 batches
        """, Read);

    private static Func<AnalysisRun, AnalysisOutcome> Read(RequestMap request)
    {
        var (model, sae) = (request.Need("model", ModelRequest.Of), request.Need("sae", SaeRequest.Of));
        var (first, second) = (request.Need("first", PromptRequest.Of), request.Need("second", PromptRequest.Of));
        var defaults = new ContrastPairOptions();
        var options = defaults with
        {
            Top = request.Or("top", v => v.Int(), defaults.Top),
            FirstName = request.Or("first_name", v => v.Text(), defaults.FirstName),
            SecondName = request.Or("second_name", v => v.Text(), defaults.SecondName),
            Position = request.Or("position", v => v.Choice(("last-token", ContrastPosition.LastToken), ("right-padded-minus-one", ContrastPosition.RightPaddedMinusOne)), defaults.Position),
        };
        return run =>
        {
            var loaded = model.Load();
            var result = ContrastPair.Run(loaded, sae.Load(loaded), first.AsText(), second.AsText(), options, run.Cancellation);
            return new AnalysisOutcome(result, ResultJson.Saver(Kind.Name, true, result.Provenance, new JsonObject
            {
                ["position"] = result.Position == ContrastPosition.LastToken ? "last-token" : "right-padded-minus-one",
                ["first"] = Prompt(result.First),
                ["second"] = Prompt(result.Second),
                ["top_differences"] = ResultJson.Each(result.TopDifferences, d => new JsonObject
                {
                    ["feature"] = d.Feature,
                    ["first"] = ResultJson.Number(d.First),
                    ["second"] = ResultJson.Number(d.Second),
                    ["difference"] = ResultJson.Number(d.Difference),
                }),
            }));
        };
    }

    // Of the features only those that fire: index → activation.
    private static JsonObject Prompt(PromptFeatures prompt) => new()
    {
        ["name"] = prompt.Name,
        ["tokens"] = ResultJson.Numbers(prompt.Tokens),
        ["token_texts"] = ResultJson.Texts(prompt.TokenTexts),
        ["l0"] = prompt.L0,
        ["features"] = ResultJson.Each(Enumerable.Range(0, prompt.Features.Count).Where(f => prompt.Features[f] != 0), f => new JsonObject { ["feature"] = f, ["value"] = ResultJson.Number(prompt.Features[f]) }),
    };
}
