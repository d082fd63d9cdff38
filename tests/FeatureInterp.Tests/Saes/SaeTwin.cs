namespace FeatureInterp.Tests;

/// <summary>
/// The SAE written down once more from its definition, in double: one token at a time, every step by itself. SAELens's names.
/// </summary>
internal sealed class SaeTwin(TinySae sae)
{
    private readonly TinySaeShape _s = sae.Shape;

    /// <summary>What one token goes through; Output with everything SAELens leaves out of an SAE it attaches, Decoded without.</summary>
    public sealed record Steps(double[] Pre, double[] Acts, double[] Recons, double[] Output, double[] Decoded);

    /// <summary>Encodes and decodes one token as a text of its own; <paramref name="change"/> may write into the features.</summary>
    public Steps Run(ReadOnlySpan<double> x, Action<double[]>? change = null) => RunText([x.ToArray()], change)[0];

    /// <summary>Encodes and decodes the tokens of one text.</summary>
    public Steps[] RunText(double[][] text, Action<double[]>? change = null)
    {
        var prepared = text.Select(x => Normalised(x)).ToArray();
        var y = prepared.Select(p => p.Input.Select((v, d) => v - (_s.ApplyBDec ? sae.DecoderBias[d] : 0)).ToArray()).ToArray();
        var foretold = _s.Architecture == "temporal" ? new TemporalTwin(sae).Take(y) : [.. y.Select(r => new double[r.Length])];
        return [.. text.Select((x, t) =>
        {
            var pre = Pre(y[t], out var gate);
            var acts = _s.Architecture == "matching_pursuit" ? Pursue(y[t]) : Acts(pre, gate);
            change?.Invoke(acts);
            var recons = Decode(acts);
            double Back(double value) => _s.IsTranscoder ? value : value * prepared[t].Back + prepared[t].Shift;
            double[] output = [.. recons.Select((r, i) => Back(r + (_s.IsTranscoder ? 0 : foretold[t][i])))];
            if (sae.Has("W_skip"))
            {
                for (var i = 0; i < output.Length; i++)
                    output[i] += x.Select((v, d) => v * sae["W_skip"][i * _s.DIn + d]).Sum();
            }

            return new Steps(pre, acts, recons, output, [.. recons.Select(Back)]);
        })];
    }

    /// <summary>f·W_dec + b_dec.</summary>
    public double[] Decode(double[] acts)
    {
        var hasBias = _s.ApplyBDec || _s.HasEncoder;
        double[] recons = [.. sae.DecoderBias.Select(b => hasBias ? b : 0)];
        for (var f = 0; f < _s.DSae; f++)
        {
            for (var d = 0; d < _s.DOut; d++)
                recons[d] += acts[f] / (_s.Rescale ? Norm(f) : 1) * sae.Decoder[f * _s.DOut + d];
        }

        return recons;
    }

    /// <summary>‖W_dec[f]‖</summary>
    public double Norm(int f) => Math.Sqrt(Enumerable.Range(0, _s.DOut).Sum(d => sae.Decoder[f * _s.DOut + d] * sae.Decoder[f * _s.DOut + d]));

    /// <summary>W_enc[d, f].</summary>
    public static double Encoder(TinySae sae, int d, int f) =>
        sae.Shape.HasEncoder ? sae.Encoder[d * sae.Shape.DSae + f] : sae.Decoder[f * sae.Shape.DIn + d];

    private double[] Pre(double[] y, out double[] gate)
    {
        var pre = new double[_s.DSae];
        gate = new double[_s.DSae];
        for (var f = 0; f < _s.DSae; f++)
        {
            double product = 0;
            for (var d = 0; d < _s.DIn; d++)
                product += y[d] * Encoder(sae, d, f) / (_s.Architecture == "temporal" ? 4 * _s.DIn : 1);
            pre[f] = product + (sae.Has("b_enc") ? sae.EncoderBias[f] : 0);
            if (_s.Architecture == "gated")
            {
                gate[f] = product + sae["b_gate"][f];
                pre[f] = product * Math.Exp(sae["r_mag"][f]) + sae["b_mag"][f];
            }
        }

        return pre;
    }

    private double[] Acts(double[] pre, double[] gate)
    {
        if (_s.Architecture is "topk" or "abstopk" || (_s.Architecture == "temporal" && _s.K > 0))
        {
            double[] scaled = [.. pre.Select((p, f) => p * (_s.Rescale ? Norm(f) : 1))];
            var isAbs = _s.Architecture == "abstopk";
            var kept = Enumerable.Range(0, _s.DSae).OrderByDescending(f => isAbs ? Math.Abs(scaled[f]) : scaled[f]).Take(_s.K).ToHashSet();
            return [.. scaled.Select((p, f) => !kept.Contains(f) ? 0 : isAbs ? p : Math.Max(p, 0))];
        }

        return [.. pre.Select((p, f) => (_s.Architecture == "gated" ? gate[f] > 0 : sae.Threshold is null || p > sae.Threshold[f]) ? Math.Max(p, 0) : 0)];
    }

    private double[] Pursue(double[] y)
    {
        var acts = new double[_s.DSae];
        var rest = (double[])y.Clone();
        HashSet<int> before = [];
        for (var pick = 0; pick < (_s.MaxIterations ?? _s.DIn); pick++)
        {
            double[] scores = [.. Enumerable.Range(0, _s.DSae).Select(f => Math.Max(0, rest.Select((r, d) => r * sae.Decoder[f * _s.DIn + d]).Sum()))];
            var best = Array.IndexOf(scores, scores.Max());
            acts[best] += scores[best];
            for (var d = 0; d < _s.DIn; d++)
                rest[d] -= scores[best] * sae.Decoder[best * _s.DIn + d];
            HashSet<int> support = [.. Enumerable.Range(0, _s.DSae).Where(f => acts[f] != 0)];
            if ((_s.StopOnDuplicate && support.SetEquals(before)) || (_s.ResidualThreshold > 0 && Math.Sqrt(rest.Sum(r => r * r)) < _s.ResidualThreshold))
                break;
            before = support;
        }

        return acts;
    }

    // Gives the input, and what takes the reconstruction back: r · back + shift.
    private (double[] Input, double Shift, double Back) Normalised(double[] values)
    {
        switch (_s.Normalize)
        {
            case "constant_norm_rescale":
                var factor = Math.Sqrt(_s.DIn) / Math.Sqrt(values.Sum(v => v * v));
                return ([.. values.Select(v => v * factor)], 0, 1 / factor);
            case "constant_scalar_rescale":
                return ([.. values.Select(v => v * _s.Factor)], 0, 1 / _s.Factor);
            case "layer_norm":
                var mean = values.Average();
                var deviation = Math.Sqrt(values.Sum(v => (v - mean) * (v - mean)) / (_s.DIn - 1));
                return ([.. values.Select(v => (v - mean) / (deviation + 1e-5))], mean, deviation);
            default:
                return (values, 0, 1);
        }
    }
}
