using System.Globalization;
using System.Text.Json.Nodes;
using FeatureInterp.Analysis;
using FeatureInterp.Saes;

namespace FeatureInterp.Kernel.Analyses;

/// <summary><see cref="SaeEvaluation"/> as a request; the result is what <see cref="SaeEvaluationResult.ToJson"/> writes. An interrupted evaluation leaves its sums in the folder; the same request goes on from them.</summary>
internal static class SaeEvaluationRequest
{
    private const string StateName = "evaluation.state.json";

    public static AnalysisKind Kind { get; } = new("sae-evaluation", "How well an SAE stands in for what it encodes: losses, explained variance, sparsity.", """
        model: talegrid-6m
        sae: talegrid-6m-res-l3
        corpus: childrens-books-sample    # as in a top-activations request

        max_rows: 16                  # all when left out
        context_length: 128           # tokens of a row that is cut from a text; the SAE's own when left out
        batch_rows: 8
        exclude_special_tokens: false
        dense_above: 0.1              # the share of tokens above which a feature counts as dense
        # activation_scale: 1         # what activations are multiplied with before the SAE sees them
        """, Read);

    private static Func<AnalysisRun, AnalysisOutcome> Read(RequestMap request)
    {
        var (model, sae) = (request.Need("model", ModelRequest.Of), request.Need("sae", SaeRequest.Of));
        var corpus = request.Need("corpus", CorpusRequest.Of);
        var defaults = new SaeEvaluationOptions();
        var options = defaults with
        {
            BatchRows = request.Or("batch_rows", v => v.Int(), defaults.BatchRows),
            ContextLength = request.Or<int?>("context_length", v => v.Int(), null),
            MaxRows = request.Or<int?>("max_rows", v => v.Int(), null),
            ExcludeSpecialTokens = request.Or("exclude_special_tokens", v => v.Flag(), defaults.ExcludeSpecialTokens),
            DenseAbove = request.Or("dense_above", v => v.Number(), defaults.DenseAbove),
            ActivationScale = request.Or("activation_scale", v => v.Number(), defaults.ActivationScale),
        };
        return run =>
        {
            var loaded = model.Load();
            var (fitted, progress) = (sae.Load(loaded), run.Progress<SaeEvaluationProgress>(Words));
            var result = run.GoOn(StateName, state => SaeEvaluation.Run(loaded, fitted, corpus.Rows(loaded), options with { StateFile = state, Resume = true }, progress, run.Cancellation));
            return new AnalysisOutcome(result, ResultJson.Saver(Kind.Name, true, result.Provenance, (JsonObject)JsonNode.Parse(result.ToJson())!)) { State = run.State };
        };
    }

    private static string Words(SaeEvaluationProgress p) => string.Create(CultureInfo.InvariantCulture,
        $"{p.Rows}{(p.TotalRows is { } total ? $" of {total}" : "")} rows, explained variance {p.ExplainedVariance:F3}, L0 {p.L0:F1}{(p.TimeLeft is { } left ? $", about {Math.Ceiling(left.TotalSeconds)} s left" : "")}");
}
