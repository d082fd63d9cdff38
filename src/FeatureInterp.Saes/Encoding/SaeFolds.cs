using FeatureInterp.Tensors;

namespace FeatureInterp.Saes;

/// <summary>What can be multiplied into an SAE's weights once and for all.</summary>
internal static class SaeFolds
{
    // SAELens's: a decoder row of zeros stays one instead of becoming NaN.
    private const float LeastNorm = 1e-8f;

    /// <summary>What the caller says over what the files say; a factor is folded in where the configuration waits for one, as SAELens's loader does.</summary>
    public static SaeFiles WithOptions(SaeFiles files, SaeLoadOptions options)
    {
        var config = files.Config;
        files = files with
        {
            Config = config with
            {
                HookIn = options.Hook ?? config.HookIn,
                HookOut = options.HookOut ?? config.HookOut,
                Origin = config.Origin with { ModelName = options.ModelName ?? config.Origin.ModelName },
            },
        };
        return options.NormScalingFactor is { } factor && config.Origin.UnfoldedNormalization == "expected_average_only_in" ? ScalingFactor(files, factor) : files;
    }

    /// <summary><see cref="SparseAutoencoder.FoldDecoderNorms"/>.</summary>
    public static SaeFiles DecoderNorms(SaeFiles files, string name)
    {
        var why = files.Config switch
        {
            { TopK: { RescaleByDecoderNorm: false } } => "a TopK SAE that does not rescale by them",
            { Temporal: not null } => "a temporal SAE",
            { Pursuit: not null } => "a matching pursuit SAE",
            _ => null,
        };
        if (why is not null)
            throw new SaeException($"The decoder norms of {name} cannot be folded into its encoder: in {why} other features could fire then; use it as it is.");
        var w = files.Weights;
        var norms = w.Decoder.Norms();
        TensorPrimitives.Max(norms.Span, LeastNorm, norms.Span);
        return files with
        {
            Weights = w with
            {
                Decoder = w.Decoder.Times(Inverse(norms)),
                Encoder = w.Encoder!.Times(norms),
                EncoderBias = Product(w.EncoderBias, norms),
                Threshold = Product(w.Threshold, norms),
                Gate = w.Gate is { } gate ? gate with { GateBias = Product(gate.GateBias, norms)!, MagnitudeBias = Product(gate.MagnitudeBias, norms)! } : null,
            },
        };
    }

    /// <summary><see cref="SparseAutoencoder.FoldNormScalingFactor"/>.</summary>
    public static SaeFiles ScalingFactor(SaeFiles files, double factor)
    {
        if (!(factor > 0) || !float.IsFinite((float)factor) || (float)factor == 0)
            throw new ArgumentOutOfRangeException(nameof(factor), factor, "What activations are multiplied with has to be positive and finite.");
        var w = files.Weights;
        if (w.Encoder is null)
            throw new SaeException("A factor of the activations cannot be folded into an SAE whose encoder is its decoder: both would have to be multiplied and divided by it; scale the activations instead.");
        var bias = w.DecoderBias.Clone();
        TensorPrimitives.Divide(bias.Span, (float)factor, bias.Span);
        return files with
        {
            Config = Folded(files.Config),
            Weights = w with { Encoder = w.Encoder.Times((float)factor), Decoder = w.Decoder.Times(1 / (float)factor), DecoderBias = bias },
        };
    }

    /// <summary><see cref="SparseAutoencoder.FoldWhitening"/>.</summary>
    public static SaeFiles Whitening(SaeFiles files, string name, Tensor mean, Tensor matrix, Tensor inverse)
    {
        var config = files.Config;
        var d = config.DIn;
        if (config.IsTranscoder || config.Temporal is not null || config.Pursuit is not null)
            throw new SaeException($"Whitening cannot be folded into {name}: it is not defined for transcoders, temporal and matching pursuit SAEs.");
        if (mean.Length != d || !matrix.Shape.SequenceEqual([d, d]) || !inverse.Shape.SequenceEqual([d, d]))
            throw new SaeException($"To whiten the input of {name} takes a mean [{d}] and two matrices [{d}, {d}], but these are {mean}, {matrix}, {inverse}.");
        var w = files.Weights;
        var encoder = Rows(w.Encoder!, matrix);                         // M·W_enc, [d_in, d_sae]
        var decoder = Tensor.Uninitialized(config.DSae, d);             // W_dec·M⁻¹, [d_sae, d_in]
        var plain = Rows(w.Decoder, Identity(d));                       // W_decᵀ, [d_in, d_sae]
        Kernels.MatMul(Transposed(plain).Span, Weight.FromFloats("inverse", inverse.Span, d, d), decoder.Span);
        var bias = Tensor.Uninitialized(1, d);                          // b_dec·M⁻¹ + mean
        Kernels.MatMul(w.DecoderBias.Span, Weight.FromFloats("inverse", inverse.Span, d, d), bias.Span);
        TensorPrimitives.Add(bias.Span, mean.Span, bias.Span);
        var folded = w with
        {
            Encoder = new SaeMatrix(Weight.FromFloats("W_enc", encoder.Span, d, config.DSae), FeaturesFirst: false),
            Decoder = new SaeMatrix(Weight.FromFloats("W_dec", decoder.Span, config.DSae, d), FeaturesFirst: true),
            DecoderBias = bias.Reshape(d),
        };
        return files with { Config = Folded(config), Weights = config.ApplyBDecToInput ? folded : Shifted(folded, mean) };
    }

    /// <summary>1 / x; a zero, whose feature never fires, gives 1.</summary>
    public static Tensor Inverse(Tensor x)
    {
        var inverse = Tensor.Uninitialized(x.Shape);
        for (var i = 0; i < x.Length; i++)
            inverse.Span[i] = x.Span[i] == 0 ? 1 : 1 / x.Span[i];
        return inverse;
    }

    private static SaeConfig Folded(SaeConfig config) => config with { Origin = config.Origin with { UnfoldedNormalization = null } };

    // Without b_dec at the input, the mean is taken from it through the biases: − mean·W_enc.
    private static SaeWeights Shifted(SaeWeights w, Tensor mean)
    {
        var shift = Tensor.Uninitialized(1, w.Encoder!.Features);
        w.Encoder.Encode(mean.Reshape(1, mean.Length), shift);
        var magnitude = shift.Clone();
        if (w.Gate is { } gate)
        {
            for (var i = 0; i < magnitude.Length; i++)
                magnitude.Span[i] *= MathF.Exp(gate.LogScale.Span[i]);
        }

        return w with
        {
            EncoderBias = Difference(w.EncoderBias, shift),
            Gate = w.Gate is { } g ? g with { GateBias = Difference(g.GateBias, shift)!, MagnitudeBias = Difference(g.MagnitudeBias, magnitude)! } : null,
        };
    }

    // left·M, with M between d and f.
    private static Tensor Rows(SaeMatrix m, Tensor left)
    {
        var rows = Tensor.Uninitialized(left.Shape[0], m.Features);
        m.Encode(left, rows);
        return rows;
    }

    private static Tensor Identity(int size)
    {
        var identity = Tensor.Zeros(size, size);
        for (var i = 0; i < size; i++)
            identity[i, i] = 1;
        return identity;
    }

    private static Tensor Transposed(Tensor x)
    {
        var y = Tensor.Uninitialized(x.Shape[1], x.Shape[0]);
        for (var i = 0; i < x.Shape[0]; i++)
        {
            for (var j = 0; j < x.Shape[1]; j++)
                y.Span[j * x.Shape[0] + i] = x.Span[i * x.Shape[1] + j];
        }

        return y;
    }

    private static Tensor? Product(Tensor? a, Tensor b)
    {
        var y = a?.Clone();
        if (y is not null)
            TensorPrimitives.Multiply(y.Span, b.Span, y.Span);
        return y;
    }

    private static Tensor? Difference(Tensor? a, Tensor b)
    {
        var y = a?.Clone();
        if (y is not null)
            TensorPrimitives.Subtract(y.Span, b.Span, y.Span);
        return y;
    }
}
