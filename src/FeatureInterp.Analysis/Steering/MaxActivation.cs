using FeatureInterp.Models;
using FeatureInterp.Saes;

namespace FeatureInterp.Analysis;

/// <summary>The largest activation of features on a corpus: the unit in which steering strengths are given.</summary>
public static class MaxActivation
{
    /// <summary>max over all tokens of a corpus of f, for some features: a pass of <see cref="TopActivations"/> that keeps nothing else.</summary>
    /// <param name="model">The model.</param>
    /// <param name="sae">The SAE.</param>
    /// <param name="corpus">The text or the rows of tokens.</param>
    /// <param name="features">The features, each once.</param>
    /// <param name="excludeSpecialTokens">Whether tokens such as the beginning of sequence are left out: what fires there is large and says nothing.</param>
    /// <param name="progress">Told how far the pass is.</param>
    /// <param name="cancellation">Looked at before each batch and each block.</param>
    /// <returns>For each feature its largest activation; 0 for one that never fired.</returns>
    /// <exception cref="AnalysisException">The corpus is empty, or the SAE has no such feature.</exception>
    /// <exception cref="SaeException">The SAE does not fit the model.</exception>
    /// <exception cref="PromptException">A row is empty or too long.</exception>
    public static IReadOnlyDictionary<int, double> Over(
        Transformer model, SparseAutoencoder sae, TokenRows corpus, IReadOnlyList<int> features, bool excludeSpecialTokens = true,
        IProgress<CorpusProgress>? progress = null, CancellationToken cancellation = default) =>
        Of(TopActivations.Run(model, sae, corpus, new TopActivationsOptions { Features = features, Examples = 1, Before = 0, After = 0, ExcludeSpecialTokens = excludeSpecialTokens }, progress, cancellation));

    /// <summary>The largest activations that a pass found, perhaps one that was saved.</summary>
    /// <param name="table">The pass.</param>
    /// <returns>For each feature of the table its largest activation; 0 for one that never fired.</returns>
    /// <exception cref="AnalysisException">The pass was stopped: a maximum over part of a corpus would be another unit.</exception>
    public static IReadOnlyDictionary<int, double> Of(TopActivationsResult table) => table.IsComplete
        ? table.Features.ToDictionary(f => f.Feature, f => (double)f.Max)
        : throw new AnalysisException($"The table is of a pass that was stopped after {table.Rows} rows, so its maxima are not those of the corpus; let the pass go on to the end.");
}
