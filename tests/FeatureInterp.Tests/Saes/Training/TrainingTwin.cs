using FeatureInterp.Saes;

namespace FeatureInterp.Tests;

/// <summary>
/// The losses of training written down once more from their definitions, in double and densely, one token at a time. What a gradient does not see (a residual held fixed, a
/// jump replaced by a ramp) is taken from a second set of parameters that stays where it is, so that differences of this loss are the gradient.
/// </summary>
internal sealed class TrainingTwin(ISaeObjective kind, double[][] x, int dSae, int[] dead, bool appliesBias, TrainingNormalization normalization)
{
    /// <summary>The parameters by name; W_enc as [d_sae][d_in], like W_dec, each flat.</summary>
    public sealed class Weights : Dictionary<string, double[]>
    {
        public Weights()
            : base(StringComparer.Ordinal)
        {
        }
    }

    private readonly int _dIn = x[0].Length;

    /// <summary>The loss at <paramref name="w"/>, with what is held fixed taken at <paramref name="at"/>.</summary>
    public double Loss(Weights w, Weights at) => kind switch
    {
        StandardTraining k => Mean(r => Squared(r, w, Feature(Pre(r, w), v => Math.Max(v, 0))) + k.L1Coefficient * PNorm(w, Feature(Pre(r, w), v => Math.Max(v, 0)), k.LpNorm)),
        GatedTraining k => Mean(r => Gated(k, r, w)),
        TopKTraining k => Choosing(w, at, k.RescaleByDecoderNorm, k.AuxCoefficient, [dSae], false, k.ByMagnitude, u => PerRow(u, k.K, k.ByMagnitude)),
        BatchTopKTraining k => Choosing(w, at, k.RescaleByDecoderNorm, k.AuxCoefficient, [dSae], false, false, u => PerBatch(u, k.K)),
        MatryoshkaTraining k => Choosing(w, at, k.RescaleByDecoderNorm, k.AuxCoefficient, [.. k.Widths.Where(v => v < dSae), dSae], k.AuxPerWidth, false, u => PerBatch(u, k.K)),
        JumpReLUTraining k => Mean(r => Jump(k, r, w, at)),
        MatchingPursuitTraining k => Mean(r => Pursuit(k, r, w)),
        _ => throw new InvalidOperationException(),
    };

    private double Mean(Func<int, double> of) => Enumerable.Range(0, x.Length).Average(of);

    private double Norm(Weights w, int f) => Math.Sqrt(Enumerable.Range(0, _dIn).Sum(d => w["W_dec"][f * _dIn + d] * w["W_dec"][f * _dIn + d]));

    private static double[] Feature(double[] pre, Func<double, double> of) => [.. pre.Select(of)];

    // What the encoder sees of a row, and how a reconstruction gets back to its scale.
    private (double[] Input, double Shift, double Back) Input(int r, Weights w)
    {
        var (shift, factor, back) = (0.0, 1.0, 1.0);
        if (normalization == TrainingNormalization.LayerNorm)
        {
            shift = x[r].Average();
            back = Math.Sqrt(x[r].Sum(v => (v - shift) * (v - shift)) / (_dIn - 1));
            factor = 1 / (back + 1e-5);
        }
        else if (normalization == TrainingNormalization.ConstantNormRescale)
        {
            back = Math.Sqrt(x[r].Sum(v => v * v) / _dIn);
            factor = 1 / back;
        }

        return ([.. x[r].Select((v, d) => (v - shift) * factor - (appliesBias ? w["b_dec"][d] : 0))], shift, back);
    }

    private double[] Product(int r, Weights w)
    {
        var input = Input(r, w).Input;
        return [.. Enumerable.Range(0, dSae).Select(f => Enumerable.Range(0, _dIn).Sum(d => input[d] * w["W_enc"][f * _dIn + d]))];
    }

    private double[] Pre(int r, Weights w) => [.. Product(r, w).Select((v, f) => v + w["b_enc"][f])];

    private double[] Decode(Weights w, double[] v, bool withBias) =>
        [.. Enumerable.Range(0, _dIn).Select(d => (withBias ? w["b_dec"][d] : 0) + Enumerable.Range(0, dSae).Sum(f => v[f] * w["W_dec"][f * _dIn + d]))];

    private double[] Output(int r, Weights w, double[] v, bool withBias = true)
    {
        var (_, shift, back) = Input(r, w);
        return [.. Decode(w, v, withBias).Select(o => o * back + shift)];
    }

    private double Squared(int r, Weights w, double[] v, bool withBias = true) => Output(r, w, v, withBias).Zip(x[r], (o, t) => (o - t) * (o - t)).Sum();

    private double PNorm(Weights w, double[] f, double p) => Math.Pow(f.Select((v, i) => Math.Pow(v * Norm(w, i), p)).Sum(), 1 / p);

    private double Gated(GatedTraining k, int r, Weights w)
    {
        var raw = Product(r, w);
        var gate = raw.Select((v, f) => Math.Max(v + w["b_gate"][f], 0)).ToArray();
        var f = raw.Select((v, i) => gate[i] > 0 ? Math.Max(v * Math.Exp(w["r_mag"][i]) + w["b_mag"][i], 0) : 0).ToArray();
        var via = Decode(w, gate, withBias: true).Zip(x[r], (o, t) => (o - t) * (o - t)).Sum();
        return Squared(r, w, f) + k.L1Coefficient * PNorm(w, gate, 1) + via;
    }

    // The kinds that choose: u are the values among which is chosen, the result says which fire.
    private double Choosing(Weights w, Weights at, bool rescale, double auxCoefficient, int[] widths, bool perWidth, bool byMagnitude, Func<double[][], bool[][]> choose)
    {
        double[][] Values(Weights p) => [.. Enumerable.Range(0, x.Length).Select(r => Pre(r, p).Select((v, f) => rescale ? v * Norm(p, f) : v).ToArray())];
        double[] Shown(double[] u, bool[] fires, Weights p, int width) => [.. u.Select((v, f) => fires[f] && f < width ? (rescale ? v / Norm(p, f) : v) : 0)];
        var (u, fixedU) = (Values(w), Values(at));
        var (fires, fixedFires) = (choose(u), choose(fixedU));
        var loss = 0.0;
        for (var i = 0; i < widths.Length; i++)
        {
            loss += Mean(r => Squared(r, w, Shown(u[r], fires[r], w, widths[i])));
            int[] these = perWidth ? [.. dead.Where(f => f < widths[i] && f >= (i == 0 ? 0 : widths[i - 1]))] : i == widths.Length - 1 ? dead : [];
            if (these.Length == 0)
                continue;
            var (half, scale) = (_dIn / 2, Math.Min(1.0, (double)these.Length / (_dIn / 2)));
            loss += auxCoefficient * scale * Mean(r =>
            {
                var best = these.OrderByDescending(f => byMagnitude ? Math.Abs(u[r][f]) : u[r][f]).Take(Math.Min(half, these.Length)).ToHashSet();
                var guess = Decode(w, Shown(u[r], [.. Enumerable.Range(0, dSae).Select(best.Contains)], w, dSae), withBias: false);
                var left = Output(r, at, Shown(fixedU[r], fixedFires[r], at, widths[i])).Zip(x[r], (o, t) => t - o);
                return guess.Zip(left, (g, t) => (g - t) * (g - t)).Sum();
            });
        }

        return loss;
    }

    private static bool[][] PerRow(double[][] u, int k, bool byMagnitude) => [.. u.Select(row =>
    {
        var best = Enumerable.Range(0, row.Length).OrderByDescending(f => byMagnitude ? Math.Abs(row[f]) : row[f]).Take(k).ToHashSet();
        return row.Select((v, f) => best.Contains(f) && (byMagnitude || v > 0)).ToArray();
    })];

    private static bool[][] PerBatch(double[][] u, double k)
    {
        var best = u.SelectMany((row, r) => row.Select((v, f) => (v, r, f))).Where(e => e.v > 0).OrderByDescending(e => e.v).Take((int)(k * u.Length)).Select(e => (e.r, e.f)).ToHashSet();
        return [.. u.Select((row, r) => row.Select((_, f) => best.Contains((r, f))).ToArray())];
    }

    // f = pre·[pre > θ] and L0 = Σ [pre > θ], their jumps given the slope of a ramp: at the fixed point both have their true values.
    private double Jump(JumpReLUTraining k, int r, Weights w, Weights at)
    {
        var (pre, fixedPre) = (Pre(r, w), Pre(r, at));
        var (f, open) = (new double[dSae], 0.0);
        for (var i = 0; i < dSae; i++)
        {
            var (theta, fixedTheta) = (Math.Max(w["threshold"][i], 0), Math.Max(at["threshold"][i], 0));
            double Ramp(double p, double t) => Math.Clamp((p - t) / k.Bandwidth + 0.5, 0, 1);
            var rise = Ramp(k.EstimatesInput ? pre[i] : fixedPre[i], theta) - Ramp(fixedPre[i], fixedTheta);
            var isOpen = fixedPre[i] > fixedTheta;
            f[i] = (isOpen ? pre[i] : 0) + fixedTheta * rise;
            open += (isOpen ? 1 : 0) + rise;
        }

        var c = k.L0Coefficient;
        var sparsity = k.Sparsity switch
        {
            JumpReLUSparsity.Step => c * open,
            JumpReLUSparsity.Tanh => c * f.Select((v, i) => Math.Tanh(k.TanhScale * v * Norm(w, i))).Sum(),
            _ => c * 2 / k.TargetL0!.Value * (open - k.TargetL0.Value) * (open - k.TargetL0.Value),
        };
        var pull = (k.PreActCoefficient ?? 0) * dead.Sum(i => Math.Max(Math.Max(w["threshold"][i], 0) - pre[i], 0) * Norm(w, i));
        return Squared(r, w, f) + sparsity + pull;
    }

    private double Pursuit(MatchingPursuitTraining k, int r, Weights w)
    {
        var left = Input(r, w).Input;
        var v = new double[dSae];
        for (var round = 0; round < (k.MaxIterations ?? _dIn); round++)
        {
            var fits = Enumerable.Range(0, dSae).Select(f => Enumerable.Range(0, _dIn).Sum(d => left[d] * w["W_dec"][f * _dIn + d])).ToArray();
            var best = Array.IndexOf(fits, fits.Max());
            if (fits[best] <= 0)
                break;
            var isAgain = v[best] != 0;
            v[best] += fits[best];
            left = [.. left.Select((l, d) => l - fits[best] * w["W_dec"][best * _dIn + d])];
            if ((isAgain && k.StopOnDuplicate) || Math.Sqrt(left.Sum(l => l * l)) < k.ResidualThreshold)
                break;
        }

        return Squared(r, w, v, withBias: appliesBias);
    }
}
