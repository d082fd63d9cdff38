using FeatureInterp.Models;
using FeatureInterp.Saes;

namespace FeatureInterp.Analysis;

/// <summary>
/// The tokens whose embeddings lie nearest a feature's vector. Rows are compared as the checkpoint has them, before any factor; all rows take part, special tokens
/// too. Definition: the SAE feature multitool for Gemma-2B (M. Watkins, 2024).
/// </summary>
public static class TokenList
{
    /// <summary>Lists the tokens near a feature.</summary>
    /// <param name="model">The model.</param>
    /// <param name="sae">The SAE.</param>
    /// <param name="feature">The feature.</param>
    /// <param name="options">The choices; the multitool's if left out.</param>
    /// <param name="cancellation">Looked at now and then.</param>
    /// <exception cref="AnalysisException">There is no such feature, or an option makes no sense.</exception>
    /// <exception cref="SaeException">The SAE does not fit the model.</exception>
    public static TokenListResult Run(
        Transformer model, SparseAutoencoder sae, int feature, TokenListOptions? options = null, CancellationToken cancellation = default)
    {
        options ??= new TokenListOptions();
        options.Validate();
        return Run(model, GhostToken.Of(model, sae, feature, options.Ghost), options, () => Provenance.Of(model, sae, []), cancellation);
    }

    /// <summary>Lists the tokens near a ghost made beforehand.</summary>
    /// <param name="model">The model.</param>
    /// <param name="ghost">The ghost.</param>
    /// <param name="options">The choices; the multitool's if left out.</param>
    /// <param name="cancellation">Looked at now and then.</param>
    /// <exception cref="AnalysisException">The ghost belongs to another model, or an option makes no sense.</exception>
    public static TokenListResult Run(Transformer model, GhostToken ghost, TokenListOptions? options = null, CancellationToken cancellation = default) =>
        Run(model, ghost, options ?? new TokenListOptions(), () => Provenance.Of(model, []), cancellation);

    private static TokenListResult Run(Transformer model, GhostToken ghost, TokenListOptions options, Func<Provenance> provenance, CancellationToken cancellation)
    {
        options.Validate();
        if (ghost.Row.Count != model.Config.DModel)
            throw new AnalysisException($"The ghost has {ghost.Row.Count} values, but an embedding of {model.Name} has {model.Config.DModel}; make it for this model.");
        var scores = Scores(model, ghost, options, cancellation);
        var falls = options.Score != TokenListScore.Filtered;
        var order = Enumerable.Range(0, scores.Length).OrderBy(t => double.IsNaN(scores[t])).ThenBy(t => falls ? -scores[t] : scores[t]).ThenBy(t => t);
        return new TokenListResult
        {
            Ghost = ghost,
            Options = options,
            Tokens = [.. order.Take(options.Top).Select((t, rank) => new ListedToken(rank, t, FeatureMap.Texts(model, [t])[0], scores[t]))],
            Scores = scores,
            Provenance = provenance(),
        };
    }

    private static double[] Scores(Transformer model, GhostToken ghost, TokenListOptions options, CancellationToken cancellation)
    {
        var (matrix, statistics) = (model.Embedding, EmbeddingStatistics.Of(model));
        var centroid = statistics.CentroidArray;
        var scores = new double[matrix.Count];
        EmbeddingPass.Term term = options.Score switch
        {
            TokenListScore.Filtered => (t, row, _) =>
                scores[t] = Math.Pow(Math.Max(0, 1 - Cosine(ghost.RowArray, row)), options.Exponent) / Math.Max(0, 1 - Cosine(centroid, row)),
            TokenListScore.Cosine => (t, row, _) => scores[t] = Cosine(ghost.DirectionArray, row),
            TokenListScore.CentredCosine => Centred(ghost, centroid, scores),
            _ => WithoutComponent(ghost, statistics, scores),
        };
        EmbeddingPass.Sum(matrix, 0, term, cancellation);
        return scores;
    }

    private static EmbeddingPass.Term Centred(GhostToken ghost, double[] centroid, double[] scores) => (t, row, _) =>
    {
        TensorPrimitives.Subtract(row, centroid, row);
        scores[t] = Cosine(ghost.DirectionArray, row);
    };

    private static EmbeddingPass.Term WithoutComponent(GhostToken ghost, EmbeddingStatistics statistics, double[] scores)
    {
        double[] component = [.. statistics.Components(1)[0].Vector];
        var direction = (double[])ghost.DirectionArray.Clone();
        Remove(component, direction);
        return (t, row, _) =>
        {
            Remove(component, row);
            scores[t] = Cosine(direction, row);
        };
    }

    private static void Remove(ReadOnlySpan<double> component, Span<double> from) =>
        TensorPrimitives.MultiplyAdd(component, -TensorPrimitives.Dot<double>(from, component), from, from);

    // 0 where a vector has no direction, as torch's cosine_similarity has it.
    private static double Cosine(ReadOnlySpan<double> a, ReadOnlySpan<double> b)
    {
        var norms = TensorPrimitives.Norm<double>(a) * TensorPrimitives.Norm<double>(b);
        return norms > 0 ? TensorPrimitives.Dot<double>(a, b) / norms : 0;
    }
}
