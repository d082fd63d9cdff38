using FeatureInterp.Models;
using FeatureInterp.Saes;

namespace FeatureInterp.Analysis;

/// <summary>The largest activation of features on a corpus: the unit in which steering strengths are given.</summary>
public static class MaxActivation
{
    // Rows of the corpus that are run together take about this many tokens.
    private const int TokensAtOnce = 2048;

    /// <summary>max over all tokens of all rows of f, for some features. The model runs only up to the SAE's layer, and only these features are encoded.</summary>
    /// <param name="model">The model.</param>
    /// <param name="sae">The SAE.</param>
    /// <param name="corpus">Token ids, a list a row; each row is run by itself, as it is.</param>
    /// <param name="features">The features.</param>
    /// <param name="progress">Told the share of tokens that is done, 0 to 1.</param>
    /// <param name="cancellation">Looked at before each block.</param>
    /// <returns>For each feature its largest activation; 0 for one that never fired.</returns>
    /// <exception cref="AnalysisException">The corpus is empty, or the SAE has no such feature.</exception>
    /// <exception cref="SaeException">The SAE does not fit the model.</exception>
    /// <exception cref="PromptException">A row is empty or too long.</exception>
    public static IReadOnlyDictionary<int, double> Over(
        Transformer model, SparseAutoencoder sae, IReadOnlyList<int[]> corpus, IReadOnlyList<int> features, IProgress<double>? progress = null, CancellationToken cancellation = default)
    {
        sae.For(model);
        SteeringChecks.Features(sae, features);
        if (corpus.Count == 0)
            throw new AnalysisException("The corpus is empty; give at least one row of token ids to look for maxima in.");
        var wanted = features.Distinct().ToArray();
        var maxima = new double[wanted.Length];
        var hook = sae.Config.Hook;
        for (int first = 0, end; first < corpus.Count; first = end)
        {
            var tokens = 0;
            for (end = first; end < corpus.Count && (end == first || tokens + corpus[end].Length <= TokensAtOnce); end++)
                tokens += corpus[end].Length;
            var run = model.Run(corpus.Skip(first).Take(end - first).ToArray(), capture: hook.ToString(), stopAtLayer: hook.Site < HookSite.FinalScale ? hook.Layer + 1 : null, cancellation: cancellation);
            for (var p = 0; p < end - first; p++)
            {
                var acts = sae.EncodeFeatures(run.Activations[hook][p], wanted);      // [token, feature]
                for (var t = 0; t < acts.Shape[0]; t++)
                {
                    var row = acts.Row(t);
                    for (var f = 0; f < row.Length; f++)
                        maxima[f] = Math.Max(maxima[f], row[f]);
                }
            }

            progress?.Report(end / (double)corpus.Count);
        }

        return wanted.Zip(maxima).ToDictionary(pair => pair.First, pair => pair.Second);
    }
}
