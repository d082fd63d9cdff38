using FeatureInterp.Tensors;

namespace FeatureInterp.Saes;

/// <summary>An SAE's arrays. The matrices stay mapped in their file, in its type and orientation; the vectors are widened.</summary>
internal sealed record SaeWeights
{
    /// <summary>W_enc, d_in to d_sae; null when it is W_dec transposed (matching pursuit, tied temporal SAEs).</summary>
    public SaeMatrix? Encoder { get; init; }

    /// <summary>W_dec, d_sae to d_out.</summary>
    public required SaeMatrix Decoder { get; init; }

    /// <summary>b_enc, [d_sae]; null for none.</summary>
    public Tensor? EncoderBias { get; init; }

    /// <summary>b_dec, [d_out].</summary>
    public required Tensor DecoderBias { get; init; }

    /// <summary>JumpReLU's threshold, [d_sae]; null for other kinds.</summary>
    public Tensor? Threshold { get; init; }

    /// <summary>The gate of a gated SAE; null for other kinds.</summary>
    public GateWeights? Gate { get; init; }

    /// <summary>W_skip, [d_out, d_in], of a skip transcoder; null for others.</summary>
    public Weight? Skip { get; init; }

    /// <summary>The attention layers of a temporal SAE; none for other kinds.</summary>
    public IReadOnlyList<TemporalAttentionWeights> Attention { get; init; } = [];
}

/// <summary>The vectors of a gated SAE, each [d_sae].</summary>
/// <param name="GateBias">b_gate.</param>
/// <param name="MagnitudeBias">b_mag.</param>
/// <param name="LogScale">r_mag: the magnitudes' encoder is W_enc·exp(r_mag).</param>
internal sealed record GateWeights(Tensor GateBias, Tensor MagnitudeBias, Tensor LogScale);

/// <summary>One attention layer of a temporal SAE over d_sae values; the matrices are [out, in].</summary>
/// <param name="Query">q_target, of the token itself.</param>
/// <param name="Key">k_ctx, of the tokens before.</param>
/// <param name="Value">v_ctx.</param>
/// <param name="Output">c_proj.</param>
internal sealed record TemporalAttentionWeights(BiasedMatrix Query, BiasedMatrix Key, BiasedMatrix Value, BiasedMatrix Output);

/// <summary>y = x·Wᵀ + b.</summary>
/// <param name="Weight">[out, in]</param>
/// <param name="Bias">[out]</param>
internal sealed record BiasedMatrix(Weight Weight, Tensor Bias)
{
    /// <summary>x·Wᵀ + b.</summary>
    /// <param name="x">[token, in]</param>
    /// <returns>[token, out]</returns>
    public Tensor Apply(Tensor x)
    {
        var y = Tensor.Uninitialized(x.Shape[0], Weight.RowCount);
        Kernels.Linear(x.Span, Weight, y.Span);
        if (y.Length > 0)
            Kernels.AddToRows(y.Span, Bias.Span, y.Span);
        return y;
    }
}
