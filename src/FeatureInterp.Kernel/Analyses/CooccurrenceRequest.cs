using System.Text.Json.Nodes;
using FeatureInterp.Analysis;
using FeatureInterp.Saes;

namespace FeatureInterp.Kernel.Analyses;

/// <summary><see cref="Cooccurrence"/> as a request. An interrupted pass leaves its sums in the folder; the same request goes on from them.</summary>
internal static class CooccurrenceRequest
{
    private const string StateName = "cooccurrence.state.json";
    private const int PointsWritten = 10_000;

    public static AnalysisKind Kind { get; } = new("cooccurrence", "What features draw together: principal components of their part in the stream, over the tokens where any fires.", """
        model: talegrid-6m
        sae: talegrid-6m-res-l3
        corpus: childrens-books-sample    # as in a top-activations request

        # Sets by name: a list of features, or {count, seed} for features drawn at random from those that are in no list.
        sets:
          chosen: [754, 1477, 1478, 1754]
          random: {count: 4, seed: 1}

        components: 3
        row_length: 128               # tokens of a row that is cut from a text
        before: 5                     # tokens in a context, before
        after: 3                      # and after
        max_points: 2000              # tokens of a set that are drawn and written; of more a uniform sample
        seed: 0                       # of that sample
        exclude_special_tokens: true
        # as_notebook: false          # with the slips of the source's notebook
        # batch_tokens: 2048          # speed and memory only
        """, Read);

    // The features of a set, once those of all lists are known.
    private delegate int[] SetFeatures(SparseAutoencoder sae, IReadOnlyCollection<int> listed);

    private static Func<AnalysisRun, AnalysisOutcome> Read(RequestMap request)
    {
        var (model, sae) = (request.Need("model", ModelRequest.Of), request.Need("sae", SaeRequest.Of));
        var corpus = request.Need("corpus", CorpusRequest.Of);
        var listed = new HashSet<int>();
        var sets = request.Need("sets", v => v.Map(m => m.All().Select(e => (e.Key, Features: Set(e.Value, listed))).ToArray()));
        var d = new CooccurrenceOptions();
        var options = d with
        {
            Components = request.Or("components", v => v.Int(), d.Components),
            Before = request.Or("before", v => v.Int(), d.Before),
            After = request.Or("after", v => v.Int(), d.After),
            RowLength = request.Or<int?>("row_length", v => v.Int(), null),
            ExcludeSpecialTokens = request.Or("exclude_special_tokens", v => v.Flag(), d.ExcludeSpecialTokens),
            AsNotebook = request.Or("as_notebook", v => v.Flag(), d.AsNotebook),
            MaxPoints = request.Or("max_points", v => v.Int(), PointsWritten),
            Seed = request.Or("seed", v => v.Int(), d.Seed),
            BatchTokens = request.Or("batch_tokens", v => v.Int(), d.BatchTokens),
        };
        return run =>
        {
            var loaded = model.Load();
            var fitted = sae.Load(loaded);
            var (chosen, progress) = (sets.ToDictionary(s => s.Key, s => s.Features(fitted, listed), StringComparer.Ordinal), run.Progress<CorpusProgress>());
            CooccurrenceOptions Keeping(string? state) => options with { StateFile = state, Resume = true };
            CooccurrenceResult result;
            try
            {
                result = run.GoOn(StateName, state => Cooccurrence.Run(loaded, fitted, corpus.Rows(loaded), chosen, Keeping(state), progress, run.Cancellation));
            }
            catch (OperationCanceledException) when (File.Exists(run.State))
            {
                result = Cooccurrence.Stopped(loaded, fitted, corpus.Rows(loaded), chosen, Keeping(run.State));
            }

            return new AnalysisOutcome(result, ResultJson.Saver(Kind.Name, result.IsComplete, result.Provenance, Json(result)), result.IsComplete) { State = run.State };
        };
    }

    private static SetFeatures Set(RequestValue value, HashSet<int> listed)
    {
        if (value.IsMap)
        {
            var (count, seed) = value.Map(m => (m.Need("count", v => v.Int()), m.Need("seed", v => v.Int())));
            return (sae, others) => sae.RandomFeatures(count, seed, except: others);
        }

        var features = value.Ints();
        listed.UnionWith(features);
        return (_, _) => features;
    }

    private static JsonObject Json(CooccurrenceResult result) => new()
    {
        ["rows"] = result.Rows,
        ["tokens"] = result.Tokens,
        ["excluded"] = result.Excluded,
        ["rule"] = result.Rule,
        ["sets"] = ResultJson.Each(result.Sets, s => new JsonObject
        {
            ["name"] = s.Name,
            ["fired"] = s.Fired,
            ["variance"] = ResultJson.Number(s.Variance),
            ["components"] = ResultJson.Each(s.Components, c => new JsonObject
            {
                ["explained_variance"] = ResultJson.Number(c.Variance),
                ["explained_variance_ratio"] = ResultJson.Number(c.Ratio),
                ["direction"] = ResultJson.Numbers(c.Direction),
            }),
            ["features"] = ResultJson.Each(s.Features, f => new JsonObject
            {
                ["feature"] = f.Feature,
                ["fired"] = f.Fired,
                ["mean"] = ResultJson.Number(f.Mean),
                ["loadings"] = ResultJson.Numbers(f.Loadings),
            }),
            ["together"] = ResultJson.Each(s.Together, row => ResultJson.Each(row, n => JsonValue.Create(n))),
            ["mean"] = ResultJson.Numbers(s.Mean),
            ["is_sample"] = s.IsSample,
            ["points"] = ResultJson.Each(s.Points, Point),
        }),
    };

    private static JsonObject Point(CooccurrencePoint p) => new()
    {
        ["row"] = p.Row,
        ["position"] = p.Position,
        ["context"] = p.Context,
        ["projection"] = ResultJson.Numbers(p.Projection),
        ["fired"] = ResultJson.Each(p.Fired, f => new JsonObject { ["feature"] = f.Feature, ["value"] = ResultJson.Number(f.Value) }),
    };
}
