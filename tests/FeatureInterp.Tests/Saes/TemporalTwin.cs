namespace FeatureInterp.Tests;

/// <summary>What a temporal SAE foretells of a text, token by token and head by head, in double.</summary>
internal sealed class TemporalTwin(TinySae sae)
{
    private readonly TinySaeShape _s = sae.Shape;

    /// <summary>Takes the prediction from every token of <paramref name="y"/>, in place, and gives back what was taken.</summary>
    public double[][] Take(double[][] y)
    {
        var taken = y.Select(r => new double[r.Length]).ToArray();
        for (var l = 0; l < _s.Layers; l++)
        {
            var layer = $"attn_layers.{l}.";
            var z = y.Select(Codes).ToArray();
            var q = z.Select(r => Linear(layer + "q_target", r)).ToArray();
            var k = z.Select((_, t) => Linear(layer + "k_ctx", t == 0 ? new double[_s.DSae] : z[t - 1])).ToArray();
            var v = z.Select((_, t) => Linear(layer + "v_ctx", t == 0 ? new double[_s.DSae] : z[t - 1])).ToArray();
            for (var t = 0; t < y.Length; t++)
            {
                var p = Linear(layer + "c_proj", Mixed(q[t], k, v, t)).Select(a => Math.Max(a, 0)).ToArray();
                var d = Enumerable.Range(0, _s.DIn).Select(i => p.Select((a, f) => a * sae.Decoder[f * _s.DIn + i]).Sum()).ToArray();
                var norm = Math.Sqrt(d.Sum(a => a * a)) + 1e-6;
                var along = d.Zip(y[t], (a, b) => a * b).Sum() / (norm * norm);
                for (var i = 0; i < _s.DIn; i++)
                {
                    taken[t][i] += along * d[i];
                    y[t][i] -= along * d[i];
                }
            }
        }

        return taken;
    }

    private double[] Codes(double[] y) => [.. Enumerable.Range(0, _s.DSae).Select(f =>
        Math.Max(0, y.Select((value, d) => value * SaeTwin.Encoder(sae, d, f)).Sum() / (4 * _s.DIn)))];

    private double[] Mixed(double[] q, double[][] k, double[][] v, int t)
    {
        int keyDim = q.Length / _s.Heads, valueDim = _s.DSae / _s.Heads;
        var mixed = new double[_s.DSae];
        for (var h = 0; h < _s.Heads; h++)
        {
            var scores = Enumerable.Range(0, t + 1).Select(u => Enumerable.Range(h * keyDim, keyDim).Sum(i => q[i] * k[u][i]) / Math.Sqrt(keyDim)).ToArray();
            var weights = scores.Select(s => Math.Exp(s - scores.Max())).ToArray();
            for (var u = 0; u <= t; u++)
            {
                for (var i = h * valueDim; i < (h + 1) * valueDim; i++)
                    mixed[i] += weights[u] / weights.Sum() * v[u][i];
            }
        }

        return mixed;
    }

    private double[] Linear(string name, double[] x)
    {
        var (weight, bias) = (sae[name + ".weight"], sae[name + ".bias"]);
        return [.. bias.Select((b, o) => b + x.Select((value, i) => value * weight[o * x.Length + i]).Sum())];
    }
}
