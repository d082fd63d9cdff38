using System.Text.Json.Nodes;
using FeatureInterp.Analysis;

namespace FeatureInterp.Kernel.Analyses;

/// <summary><see cref="TokenChange"/> as a request.</summary>
internal static class TokenChangeRequest
{
    public static AnalysisKind Kind { get; } = new("token-change", "Which tokens become likelier, and which less, when a feature or neuron is clamped.", """
        model: talegrid-6m
        sae: talegrid-6m-res-l3
        feature: 714                  # or, without an SAE, neuron: {layer: 2, index: 39}
        corpus: childrens-books-sample    # as in a top-activations request

        # value: 10                   # clamped to it, and to its negative; the largest activation on the corpus when left out
        strength: 1                   # what the value is multiplied by
        error_term: true              # whether what the SAE fails to reconstruct stays
        measure: logit                # or probability
        top: 10                       # tokens at each end
        rows: 32                      # from the beginning of the corpus
        row_length: 32                # tokens of a row that is cut from a text
        exclude_special_tokens: true
        """, Read);

    private static Func<AnalysisRun, AnalysisOutcome> Read(RequestMap request)
    {
        var (model, corpus) = (request.Need("model", ModelRequest.Of), request.Need("corpus", CorpusRequest.Of));
        var defaults = new TokenChangeOptions();
        var options = defaults with
        {
            Value = request.Or<float?>("value", v => (float)v.Number(), defaults.Value),
            Strength = (float)request.Or("strength", v => v.Number(), defaults.Strength),
            ErrorTerm = request.Or("error_term", v => v.Flag(), defaults.ErrorTerm),
            Measure = request.Or("measure", v => v.Choice(("logit", TokenChangeMeasure.Logit), ("probability", TokenChangeMeasure.Probability)), defaults.Measure),
            Top = request.Or("top", v => v.Int(), defaults.Top),
            Rows = request.Or("rows", v => v.Int(), defaults.Rows),
            RowLength = request.Or("row_length", v => v.Int(), defaults.RowLength),
            ExcludeSpecialTokens = request.Or("exclude_special_tokens", v => v.Flag(), defaults.ExcludeSpecialTokens),
        };
        var unit = UnitRequest.Of(request);
        return run =>
        {
            var loaded = model.Load();
            var result = TokenChange.Run(loaded, unit.In(loaded), corpus.Rows(loaded), options, run.Progress<CorpusProgress>(), run.Cancellation);
            return new AnalysisOutcome(result, ResultJson.Saver(Kind.Name, true, result.Provenance, new JsonObject
            {
                ["unit"] = result.Unit,
                ["value"] = ResultJson.Number(result.Value),
                ["largest_activation"] = ResultJson.Number(result.LargestActivation),
                ["measure"] = result.Measure == TokenChangeMeasure.Logit ? "logit" : "probability",
                ["rows"] = result.Rows,
                ["tokens"] = result.Tokens,
                ["error_term"] = result.ErrorTerm,
                ["positive"] = Shift(result.Positive),
                ["negative"] = Shift(result.Negative),
                ["description_tokens"] = ResultJson.Texts(result.DescriptionTokens),
            }));
        };
    }

    private static JsonObject Shift(TokenShift shift) => new()
    {
        ["value"] = ResultJson.Number(shift.Value),
        ["top"] = ResultJson.Scores(shift.Top),
        ["bottom"] = ResultJson.Scores(shift.Bottom),
    };
}
