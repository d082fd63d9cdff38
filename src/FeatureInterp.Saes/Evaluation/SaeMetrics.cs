namespace FeatureInterp.Saes;

/// <summary>
/// How well an SAE stands in for what it encodes, as SAELens's evals define it (version 6.54: <c>sae_lens/evals.py</c>). x is the
/// activation, x̂ its reconstruction, both on the model's scale; means are over the tokens that count, losses in nats a token.
/// </summary>
public sealed record SaeMetrics
{
    /// <summary>(CE zeroed − CE with the SAE) / (CE zeroed − CE of the model): 1 when nothing is lost, 0 when the SAE is as bad as zeros.</summary>
    public double CeLossScore => (CeLossWithAblation - CeLossWithSae) / (CeLossWithAblation - CeLossWithoutSae);

    /// <summary>The mean cross-entropy of the next token of the model alone; a position counts when its own token does.</summary>
    public required double CeLossWithoutSae { get; init; }

    /// <summary>The same with x̂ in the place of x.</summary>
    public required double CeLossWithSae { get; init; }

    /// <summary>The same with zeros in the place of x.</summary>
    public required double CeLossWithAblation { get; init; }

    /// <summary>(KL zeroed − KL with the SAE) / KL zeroed.</summary>
    public double KlDivScore => (KlDivWithAblation - KlDivWithSae) / KlDivWithAblation;

    /// <summary>The mean of Σ p·(log p − log q) over the vocabulary: p of the model alone, q with x̂ in the place of x.</summary>
    public required double KlDivWithSae { get; init; }

    /// <summary>The same with zeros in the place of x.</summary>
    public required double KlDivWithAblation { get; init; }

    /// <summary>1 − E‖x − x̂‖² / (E‖x‖² − ‖E x‖²), expectations over all tokens that count.</summary>
    public required double ExplainedVariance { get; init; }

    /// <summary>SAELens's older definition: the mean over tokens of 1 − ‖x − x̂‖² / ‖x − mean of the batch‖². NaN when a batch has one token.</summary>
    public required double ExplainedVarianceLegacy { get; init; }

    /// <summary>E‖x − x̂‖²: summed over dimensions, not averaged (SAELens since 6.45).</summary>
    public required double Mse { get; init; }

    /// <summary>The mean cosine between x and x̂; 0 for a token where either is all zero.</summary>
    public required double CosineSimilarity { get; init; }

    /// <summary>E‖x‖.</summary>
    public required double L2NormIn { get; init; }

    /// <summary>E‖x̂‖.</summary>
    public required double L2NormOut { get; init; }

    /// <summary>The mean of ‖x̂‖ / ‖x‖; where ‖x‖ is below 1e-4, of ‖x̂‖.</summary>
    public required double L2Ratio { get; init; }

    /// <summary>E‖x̂‖² / E[x·x̂] of each batch, averaged over batches: below 1 where the SAE shrinks.</summary>
    public required double RelativeReconstructionBias { get; init; }

    /// <summary>Features that are not zero, a token.</summary>
    public required double L0 { get; init; }

    /// <summary>The sum of |feature|, a token.</summary>
    public required double L1 { get; init; }

    /// <summary>Rows that were run.</summary>
    public required long Rows { get; init; }

    /// <summary>Tokens that were run.</summary>
    public required long Tokens { get; init; }

    /// <summary>Tokens that count: those that are not excluded.</summary>
    public required long CountedTokens { get; init; }

    /// <summary>Each feature by itself.</summary>
    public required SaeFeatureMetrics Features { get; init; }
}

/// <summary>The features by themselves; every list is [d_sae].</summary>
public sealed record SaeFeatureMetrics
{
    /// <summary>On how many of the tokens that count a feature fires.</summary>
    public required IReadOnlyList<long> Fired { get; init; }

    /// <summary>The share of the tokens that count on which it fires, 0 to 1.</summary>
    public required IReadOnlyList<double> Density { get; init; }

    /// <summary>
    /// SAELens's <c>consistent_activation_heuristic</c>: how often it fires in a row in which it fires at all; null for one that never does.
    /// </summary>
    public required IReadOnlyList<double?> ConsistentActivation { get; init; }

    /// <summary>Features that never fire.</summary>
    public required IReadOnlyList<int> Dead { get; init; }

    /// <summary>Features that fire on a larger share of tokens than <see cref="SaeEvaluationOptions.DenseAbove"/>, densest first.</summary>
    public required IReadOnlyList<int> Dense { get; init; }

    /// <summary>What the weights alone say; null for an SAE without an encoder of its own.</summary>
    public SaeWeightMetrics? Weights { get; init; }
}

/// <summary>What encoder and decoder say of each feature; every list is [d_sae].</summary>
/// <param name="EncoderNorm">‖W_enc[:, f]‖.</param>
/// <param name="EncoderBias">b_enc[f]; null for an SAE that has none.</param>
/// <param name="EncoderDecoderCosine">cos(W_enc[:, f], W_dec[f]); NaN for a transcoder whose two sides have other widths, or a row of zeros.</param>
public sealed record SaeWeightMetrics(IReadOnlyList<double> EncoderNorm, IReadOnlyList<double>? EncoderBias, IReadOnlyList<double> EncoderDecoderCosine);
