using FeatureInterp.Models;

namespace FeatureInterp.Analysis;

/// <summary>What is made of a direction to score the vocabulary.</summary>
public enum VocabForm
{
    /// <summary>
    /// v·W_U: what one unit along v adds to each logit before the last norm's scale divides it. With folded norms the norm's gain is in W_U; no bias takes part, as v is not the
    /// whole stream. The default.
    /// </summary>
    Direct,

    /// <summary>
    /// unembed(ln_final(v)) = ln_final(v)·W_U + b_U, as the notebook behind output-centric descriptions has it: v as if it were the whole stream, so that b_U, and with it the
    /// last norm's bias, enters every feature's list, and v's length is lost. No soft cap.
    /// </summary>
    ThroughFinalNorm,

    /// <summary>v·W_Eᵀ: the tokens whose embeddings point along v.</summary>
    Embedding,
}

/// <summary>Which vector of a feature is projected.</summary>
public enum FeatureVector
{
    /// <summary>Its row of W_dec: what it writes.</summary>
    Decoder,

    /// <summary>Its column of W_enc: what it reads.</summary>
    Encoder,
}

/// <summary>The choices of a projection to the vocabulary.</summary>
public sealed record VocabProjectionOptions
{
    /// <summary>How many tokens are kept at each end, 1 to 10,000. Default 50, as the notebook has it.</summary>
    public int Top { get; init; } = 50;

    /// <summary>What is made of the vector. Default <see cref="VocabForm.Direct"/>.</summary>
    public VocabForm Form { get; init; } = VocabForm.Direct;

    /// <summary>Which vector of a feature. Default: the decoder's.</summary>
    public FeatureVector Vector { get; init; } = FeatureVector.Decoder;

    /// <summary>The weight processing. Default null: the model's own if it has any, else <see cref="WeightProcessing.Standard"/>.</summary>
    public WeightProcessing? Processing { get; init; }

    /// <summary>
    /// Whether a neuron's (or a feature of z's) vector is multiplied by the gain of the norm behind its sublayer where there is one (Gemma-2 and 3), through which it reaches
    /// the stream. Default true; the notebook leaves it out.
    /// </summary>
    public bool ThroughPostNorm { get; init; } = true;

    /// <summary>Whether the scores of the whole vocabulary are kept, [d_vocab] a vector. Default false.</summary>
    public bool KeepScores { get; init; }

    /// <summary>What the notebook does: <see cref="VocabForm.ThroughFinalNorm"/>, without the norm behind a sublayer.</summary>
    public static VocabProjectionOptions Notebook { get; } = new() { Form = VocabForm.ThroughFinalNorm, ThroughPostNorm = false };

    internal void Validate()
    {
        if (Top is < 1 or > 10_000)
            throw new AnalysisException($"Top is {Top}; give 1 to 10,000.");
    }
}
