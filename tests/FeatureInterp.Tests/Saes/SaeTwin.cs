namespace FeatureInterp.Tests;

/// <summary>
/// The SAE written down once more from its definition, in double: one token at a time, every step by itself. SAELens's names.
/// </summary>
internal sealed class SaeTwin(TinySae sae)
{
    private readonly TinySaeShape _s = sae.Shape;

    /// <summary>What one token goes through.</summary>
    public sealed record Steps(double[] Pre, double[] Acts, double[] Recons, double[] Output);

    /// <summary>Encodes and decodes one token; <paramref name="change"/> may write into the features.</summary>
    public Steps Run(ReadOnlySpan<double> x, Action<double[]>? change = null)
    {
        var (input, shift, back) = Normalised(x);
        var pre = new double[_s.DSae];
        for (var f = 0; f < _s.DSae; f++)
        {
            pre[f] = sae.EncoderBias[f];
            for (var d = 0; d < _s.DIn; d++)
                pre[f] += (input[d] - (_s.ApplyBDec ? sae.DecoderBias[d] : 0)) * sae.Encoder[d * _s.DSae + f];
        }

        var acts = new double[_s.DSae];
        for (var f = 0; f < _s.DSae; f++)
        {
            var isOpen = sae.Threshold is null || pre[f] > sae.Threshold[f];
            acts[f] = isOpen ? Math.Max(pre[f], 0) : 0;
        }

        change?.Invoke(acts);
        var recons = Decode(acts);
        return new Steps(pre, acts, recons, [.. recons.Select(r => r * back + shift)]);
    }

    /// <summary>f·W_dec + b_dec.</summary>
    public double[] Decode(double[] acts)
    {
        var recons = (double[])sae.DecoderBias.Clone();
        for (var f = 0; f < _s.DSae; f++)
        {
            for (var d = 0; d < _s.DIn; d++)
                recons[d] += acts[f] * sae.Decoder[f * _s.DIn + d];
        }

        return recons;
    }

    // Gives the input, and what takes the reconstruction back: r · back + shift.
    private (double[] Input, double Shift, double Back) Normalised(ReadOnlySpan<double> x)
    {
        var values = x.ToArray();
        switch (_s.Normalize)
        {
            case "constant_norm_rescale":
                var factor = Math.Sqrt(_s.DIn) / Math.Sqrt(values.Sum(v => v * v));
                return ([.. values.Select(v => v * factor)], 0, 1 / factor);
            case "layer_norm":
                var mean = values.Average();
                var deviation = Math.Sqrt(values.Sum(v => (v - mean) * (v - mean)) / (_s.DIn - 1));
                return ([.. values.Select(v => (v - mean) / (deviation + 1e-5))], mean, deviation);
            default:
                return (values, 0, 1);
        }
    }
}
