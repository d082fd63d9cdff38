using FeatureInterp.Saes;
using FeatureInterp.Tensors;

namespace FeatureInterp.Tests;

/// <summary>What a trained SAE makes of inputs, from the trainer's own weights and its definition, in double: before any norm or factor is folded in.</summary>
internal static class TrainedFeatures
{
    /// <summary>The features [row, d_sae] and the reconstruction [row, d_in] on the inputs' scale.</summary>
    public static (Tensor Acts, Tensor Output) Of(TrainedSae trained, Tensor x)
    {
        var p = trained.Parameters;
        var factor = trained.InputFactor;
        var norms = ((ISaeObjective)trained.Options.Objective).ScalesByDecoderNorm
            ? Enumerable.Range(0, p.DSae).Select(f => Math.Sqrt(p.Decoder.Value.Row(f).ToArray().Sum(v => (double)v * v))).ToArray()
            : [.. Enumerable.Repeat(1.0, p.DSae)];
        var (acts, output) = (Tensor.Zeros(x.Shape[0], p.DSae), Tensor.Zeros(x.Shape));
        for (var r = 0; r < x.Shape[0]; r++)
        {
            var input = Enumerable.Range(0, p.DIn).Select(d => x[r, d] * factor - p.DecoderBias.Value.Span[d]).ToArray();
            var features = Features(trained, input, norms);
            for (var d = 0; d < p.DIn; d++)
            {
                double sum = p.DecoderBias.Value.Span[d];
                for (var f = 0; f < p.DSae; f++)
                    sum += features[f] / norms[f] * p.Decoder.Value[f, d];
                output[r, d] = (float)(sum / factor);
            }

            for (var f = 0; f < p.DSae; f++)
                acts[r, f] = (float)features[f];
        }

        return (acts, output);
    }

    private static double[] Features(TrainedSae trained, double[] input, double[] norms)
    {
        var p = trained.Parameters;
        double Fit(TrainingParameter w, double[] of, int f) => Enumerable.Range(0, p.DIn).Sum(d => of[d] * w.Value[f, d]);
        double[] Pre() => [.. Enumerable.Range(0, p.DSae).Select(f => (Fit(p.Encoder, input, f) + p["b_enc"].Value.Span[f]) * norms[f])];
        double[] Above(Func<int, double> threshold) => [.. Pre().Select((v, f) => v > threshold(f) ? v : 0)];
        switch (trained.Options.Objective)
        {
            case StandardTraining:
                return Above(_ => 0);
            case JumpReLUTraining:
                return Above(f => Math.Max(0, p["threshold"].Value.Span[f]));
            case BatchTopKTraining or MatryoshkaTraining:
                return Above(_ => p.TopKThreshold);
            case TopKTraining k:
                var best = Pre().Index().OrderByDescending(v => k.ByMagnitude ? Math.Abs(v.Item) : v.Item).Take(k.K).Select(v => v.Index).ToHashSet();
                return [.. Pre().Select((v, f) => best.Contains(f) && (k.ByMagnitude || v > 0) ? v : 0)];
            case GatedTraining:
                return [.. Enumerable.Range(0, p.DSae).Select(f => Fit(p.Encoder, input, f) is var raw && raw + p["b_gate"].Value.Span[f] > 0
                    ? Math.Max(0, raw * Math.Exp(p["r_mag"].Value.Span[f]) + p["b_mag"].Value.Span[f]) : 0)];
            case MatchingPursuitTraining pursuit:
                return Pursue(p, input, pursuit.MaxIterations!.Value);
            default:
                throw new InvalidOperationException();
        }
    }

    private static double[] Pursue(TrainingParameters p, double[] left, int rounds)
    {
        var v = new double[p.DSae];
        for (var round = 0; round < rounds; round++)
        {
            var fits = Enumerable.Range(0, p.DSae).Select(f => Enumerable.Range(0, p.DIn).Sum(d => left[d] * p.Decoder.Value[f, d])).ToArray();
            var best = Array.IndexOf(fits, fits.Max());
            var isAgain = v[best] != 0;
            v[best] += fits[best];
            left = [.. left.Select((l, d) => l - fits[best] * p.Decoder.Value[best, d])];
            if (isAgain)
                break;
        }

        return v;
    }
}
