using System.Globalization;
using FeatureInterp.Tensors;

namespace FeatureInterp.Saes;

/// <summary>
/// The factor s that an SAE's training multiplied activations with. Folded into the weights as SAELens does: W_enc·s, W_dec/s, b_dec/s; biases and
/// thresholds on the encoder's side stay.
/// </summary>
internal static class NormFactor
{
    /// <summary>How a configuration says that a factor has to be folded.</summary>
    public const string Unfolded = "expected_average_only_in";

    /// <summary>Where <see cref="SaeOrigin.OtherFields"/> keeps the factor that the files themselves give.</summary>
    public const string Field = "norm_scaling_factor of the files";

    /// <summary>Folds the factor where the configuration asks for one and one is given.</summary>
    /// <exception cref="SaeException">The factor is no positive number, or the files give none where theirs was asked for.</exception>
    public static SaeFiles Fold(SaeFiles files, SaeLoadOptions options)
    {
        var origin = files.Config.Origin;
        if (origin.UnfoldedNormalization != Unfolded || Factor(origin, options) is not { } given)
            return files;
        var factor = (float)given;
        if (!float.IsFinite(factor) || !float.IsFinite(1 / factor) || factor <= 0)
            throw new SaeException(string.Create(CultureInfo.InvariantCulture, $"The factor {given} cannot scale activations; give a positive number."));
        var w = files.Weights;
        var bias = w.DecoderBias.Clone();
        TensorPrimitives.Divide(bias.Span, factor, bias.Span);
        return files with
        {
            Weights = w with
            {
                Encoder = w.Encoder is { } e ? e with { Scale = e.Scale * factor } : null,
                Decoder = w.Decoder with { Scale = w.Decoder.Scale / factor },
                DecoderBias = bias,
            },
            Config = files.Config with { Origin = origin with { UnfoldedNormalization = null } },
        };
    }

    private static double? Factor(SaeOrigin origin, SaeLoadOptions options)
    {
        if (options.NormScalingFactor is { } given)
            return given;
        if (!options.FoldsFactorOfFiles)
            return null;
        return origin.OtherFields.TryGetValue(Field, out var text)
            ? double.Parse(text, CultureInfo.InvariantCulture)
            : throw new SaeException("The SAE's files give no factor to scale activations with; name it (SaeLoadOptions.NormScalingFactor, --norm-scaling-factor).");
    }
}
