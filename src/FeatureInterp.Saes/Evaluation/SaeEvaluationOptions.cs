using FeatureInterp.Models;

namespace FeatureInterp.Saes;

/// <summary>The choices of an evaluation of an SAE.</summary>
public sealed record SaeEvaluationOptions
{
    /// <summary>
    /// How many rows of tokens are one batch, 1 to 4096; memory grows with it. <see cref="SaeMetrics.ExplainedVarianceLegacy"/> and
    /// <see cref="SaeMetrics.RelativeReconstructionBias"/> depend on it, as in SAELens. Default 8.
    /// </summary>
    public int BatchRows { get; init; } = 8;

    /// <summary>
    /// The length of a row that is cut from a text, in tokens, at least 2; null for the SAE's training context, at most 1,024 and the
    /// model's context. Rows of token ids keep their length.
    /// </summary>
    public int? ContextLength { get; init; }

    /// <summary>Evaluate no more than so many rows; null for all. Default null.</summary>
    public int? MaxRows { get; init; }

    /// <summary>Whether rows cut from a text begin with the beginning-of-sequence token; null for as the SAE was trained.</summary>
    public bool? PrependBos { get; init; }

    /// <summary>
    /// Tokens whose positions keep the model's own activation in the run with the SAE and do not count in any mean. As in SAELens,
    /// zero ablation still hits them. Default none.
    /// </summary>
    public IReadOnlyList<int> ExcludedTokens { get; init; } = [];

    /// <summary>Whether the tokenizer's special tokens (BOS, EOS, padding, …) are excluded too. Default false.</summary>
    public bool ExcludeSpecialTokens { get; init; }

    /// <summary>
    /// What activations are multiplied with before the SAE sees them; its reconstruction is divided by it. For an SAE whose training
    /// scaled them and whose weights do not have that folded in. Default 1.
    /// </summary>
    public double ActivationScale { get; init; } = 1;

    /// <summary>A feature is dense when it fires on more than this share of the tokens, 0 to 1. Default 0.1.</summary>
    public double DenseAbove { get; init; } = 0.1;

    /// <summary>Where sums are written down every few seconds, so that an interrupted run can go on; null for nowhere.</summary>
    public string? StateFile { get; init; }

    /// <summary>Whether to go on from <see cref="StateFile"/> when it is there. Default false: begin anew.</summary>
    public bool Resume { get; init; }

    /// <summary>Whether <see cref="SaeFeatureMetrics.Weights"/> is wanted.</summary>
    internal bool WeightMetrics { get; init; } = true;

    /// <summary>Checks the numbers.</summary>
    /// <exception cref="SaeException">One makes no sense.</exception>
    internal void Validate()
    {
        if (BatchRows is < 1 or > 4096)
            throw new SaeException($"BatchRows is {BatchRows}; give 1 to 4096 rows a batch.");
        if (ContextLength < 2)
            throw new SaeException($"ContextLength is {ContextLength}; a row needs at least 2 tokens, one to predict from and one to predict.");
        if (MaxRows < 1)
            throw new SaeException($"MaxRows is {MaxRows}; give 1 or more.");
        if (!(double.IsFinite(ActivationScale) && ActivationScale > 0))
            throw new SaeException($"ActivationScale is {ActivationScale}; give a factor above 0.");
        if (DenseAbove is not (>= 0 and <= 1))
            throw new SaeException($"DenseAbove is {DenseAbove}; give a share of the tokens, 0 to 1.");
        if (Resume && StateFile is null)
            throw new SaeException("Resume needs the StateFile of the interrupted run.");
    }

    /// <summary>Every token that does not count.</summary>
    internal HashSet<int> AllExcluded(Transformer model)
    {
        HashSet<int> excluded = [.. ExcludedTokens];
        if (ExcludeSpecialTokens)
        {
            var tokenizer = model.RequireTokenizer();
            excluded.UnionWith(Enumerable.Range(0, model.Config.VocabSize).Where(t => t < tokenizer.VocabSize && tokenizer.IsSpecial(t)));
        }

        return excluded;
    }
}
