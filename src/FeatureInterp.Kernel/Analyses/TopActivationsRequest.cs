using FeatureInterp.Analysis;

namespace FeatureInterp.Kernel.Analyses;

/// <summary>
/// <see cref="TopActivations"/> as a request. The result is what <see cref="TopActivationsResult.Load"/> reads, and what a steering request can take maxima from. A pass that is
/// stopped gives what there is and leaves its state in the folder; the same request goes on from it.
/// </summary>
internal static class TopActivationsRequest
{
    private const string StateName = "top-activations.state.json";

    public static AnalysisKind Kind { get; } = new("top-activations", "Where in a corpus features are strongest, and how often they fire.", """
        model: talegrid-6m
        sae: talegrid-6m-res-l3

        # A text file or the name of one under data/texts, or one of {text: FILE}, {tokens: ROWS.json}, {prompts: […]}.
        corpus: childrens-books-sample

        features: [754, 1477]         # all when left out
        examples: 10                  # of each feature
        one_per_row: true
        row_length: 128               # tokens of a row that is cut from a text
        before: 20                    # tokens kept on either side of an example
        after: 15
        exclude_special_tokens: true
        # batch_tokens: 2048          # speed and memory only
        """, Read);

    private static Func<AnalysisRun, AnalysisOutcome> Read(RequestMap request)
    {
        var (model, sae) = (request.Need("model", ModelRequest.Of), request.Need("sae", SaeRequest.Of));
        var corpus = request.Need("corpus", CorpusRequest.Of);
        var defaults = new TopActivationsOptions();
        var options = defaults with
        {
            Features = request.Or<int[]?>("features", v => v.Ints(), null),
            Examples = request.Or("examples", v => v.Int(), defaults.Examples),
            OnePerRow = request.Or("one_per_row", v => v.Flag(), defaults.OnePerRow),
            RowLength = request.Or<int?>("row_length", v => v.Int(), null),
            Before = request.Or("before", v => v.Int(), defaults.Before),
            After = request.Or("after", v => v.Int(), defaults.After),
            ExcludeSpecialTokens = request.Or("exclude_special_tokens", v => v.Flag(), defaults.ExcludeSpecialTokens),
            BatchTokens = request.Or("batch_tokens", v => v.Int(), defaults.BatchTokens),
        };
        return run =>
        {
            var loaded = model.Load();
            var fitted = sae.Load(loaded);
            var progress = run.Progress<CorpusProgress>();
            TopActivationsResult result;
            try
            {
                result = run.GoOn(StateName, state => TopActivations.Run(loaded, fitted, corpus.Rows(loaded), options with { StateFile = state, Resume = true }, progress, run.Cancellation));
            }
            catch (OperationCanceledException) when (File.Exists(run.State))
            {
                result = TopActivationsResult.Load(run.State);
            }

            return new AnalysisOutcome(result, ResultJson.LargeSaver(Kind.Name, result.IsComplete, result.Provenance, result.WriteTo), result.IsComplete) { State = run.State };
        };
    }
}
