namespace FeatureInterp.Tests;

/// <summary>The twin's attention.</summary>
internal sealed partial class ModelTwin
{
    private double[] Attention(int layer, double[] x, TwinBlock w)
    {
        var name = $"blocks.{layer}.attn.";
        int heads = _s.Heads, shared = _s.KeyValueHeads, d = _s.HeadDim;
        var (q, k, v) = Read(layer, x, w);
        At(name + "hook_q", q, heads, d);
        At(name + "hook_k", k, shared, d);
        At(name + "hook_v", v, shared, d);
        if (w.QNorm is not null)
        {
            q = Norm(name + "q_norm", q, w.QNorm, heads);
            k = Norm(name + "k_norm", k, w.KNorm!, shared);
        }

        if (_w.Positions is null)
        {
            Rotate(q, heads, _maths.Turns(layer));
            Rotate(k, shared, _maths.Turns(layer));
            At(name + "hook_rot_q", q, heads, d);
            At(name + "hook_rot_k", k, shared, d);
        }

        var pattern = Scores(q, k, _maths.Window(layer) ?? int.MaxValue);
        AtShape(name + "hook_attn_scores", pattern, heads, _n, _n);
        Softmax(pattern);
        AtShape(name + "hook_pattern", pattern, heads, _n, _n);

        var z = new double[_n * heads * d];
        for (var h = 0; h < heads; h++)
        {
            for (var i = 0; i < _n; i++)
            {
                for (var j = 0; j < _n; j++)
                {
                    for (var e = 0; e < d; e++)
                        z[(i * heads + h) * d + e] += pattern[(h * _n + i) * _n + j] * v[(j * shared + h / (heads / shared)) * d + e];
                }
            }
        }

        At(name + "hook_z", z, heads, d);
        return Write(name, z, w.O);
    }

    // Plainly, or with a copy of the residual stream for each head: three sets of copies, or one that q, k and v share.
    private (double[] Q, double[] K, double[] V) Read(int layer, double[] x, TwinBlock w)
    {
        var name = $"blocks.{layer}.";
        var isSplit = new[] { "hook_q_input", "hook_k_input", "hook_v_input" }.Any(i => Inputs.Contains(name + i));
        if (!isSplit && !Inputs.Contains(name + "hook_attn_in"))
        {
            var n = Norm(name + "ln1", x, w.Ln1);
            return (w.Q.Apply(n), w.K.Apply(n), w.V.Apply(n));
        }

        double[]? one = Inputs.Contains(name + "hook_attn_in") ? Copies(name + "hook_attn_in", x, _s.Heads) : null, qIn = one, kIn = one, vIn = one;
        if (isSplit)
        {
            qIn = Copies(name + "hook_q_input", x, _s.Heads);
            kIn = Copies(name + "hook_k_input", x, _s.KeyValueHeads);
            vIn = Copies(name + "hook_v_input", x, _s.KeyValueHeads);
        }

        return (OfEachHead(name, qIn!, w.Ln1, w.Q), OfEachHead(name, kIn!, w.Ln1, w.K), OfEachHead(name, vIn!, w.Ln1, w.V));
    }

    private double[] Copies(string name, double[] x, int heads)
    {
        var copies = new double[x.Length * heads];
        for (var row = 0; row < _n * heads; row++)
            Array.Copy(x, row / heads * _s.DModel, copies, row * _s.DModel, _s.DModel);
        At(name, copies, heads, _s.DModel);
        return copies;
    }

    // Head h reads its own copy through its own part of the matrix.
    private double[] OfEachHead(string name, double[] copies, TwinNorm ln1, TwinLinear map)
    {
        var heads = map.Outputs / _s.HeadDim;
        var all = map.Apply(Norm(name + "ln1", copies, ln1, heads));        // [pos, head, all heads' outputs]
        var y = new double[_n * map.Outputs];
        for (var row = 0; row < _n * heads; row++)
            Array.Copy(all, row * map.Outputs + row % heads * _s.HeadDim, y, row * _s.HeadDim, _s.HeadDim);
        return y;
    }

    // Each head's part apart, then their sum and the bias.
    private double[] Write(string name, double[] z, TwinLinear o)
    {
        int heads = _s.Heads, d = _s.HeadDim;
        var result = new double[_n * heads * _s.DModel];
        for (var row = 0; row < _n * heads; row++)
        {
            for (var m = 0; m < _s.DModel; m++)
            {
                for (var e = 0; e < d; e++)
                    result[row * _s.DModel + m] += z[row * d + e] * o.W[row % heads * d + e, m];
            }
        }

        At(name + "hook_result", result, heads, _s.DModel);
        var sum = new double[_n * _s.DModel];
        for (var row = 0; row < _n * heads; row++)
        {
            for (var m = 0; m < _s.DModel; m++)
                sum[row / heads * _s.DModel + m] += result[row * _s.DModel + m] + o.B[m] / heads;
        }

        return sum;
    }

    private double[] Scores(double[] q, double[] k, int window)
    {
        int heads = _s.Heads, shared = _s.KeyValueHeads, d = _s.HeadDim;
        var scores = new double[heads * _n * _n];
        for (var h = 0; h < heads; h++)
        {
            for (var i = 0; i < _n; i++)
            {
                for (var j = 0; j < _n; j++)
                {
                    double score = 0;
                    for (var e = 0; e < d; e++)
                        score += q[(i * heads + h) * d + e] * k[(j * shared + h / (heads / shared)) * d + e];
                    score /= _maths.ScoreDivisor;
                    if (_maths.AttentionCap is { } cap)
                        score = cap * Math.Tanh(score / cap);
                    scores[(h * _n + i) * _n + j] = j <= i && i - j < window ? score : double.NegativeInfinity;
                }
            }
        }

        return scores;
    }

    // The first values of a head turn, in pairs (e, e + half of them).
    private void Rotate(double[] x, int heads, double[] turns)
    {
        for (var row = 0; row < _n * heads; row++)
        {
            for (var e = 0; e < turns.Length; e++)
            {
                int first = row * _s.HeadDim + e, second = first + turns.Length;
                var (sin, cos) = Math.SinCos(row / heads * turns[e]);
                (x[first], x[second]) = (x[first] * cos - x[second] * sin, x[second] * cos + x[first] * sin);
            }
        }
    }

    private void Softmax(double[] rows)
    {
        for (var start = 0; start < rows.Length; start += _n)
        {
            var row = rows.AsSpan(start, _n).ToArray();
            var max = row.Max();
            var sum = row.Sum(v => Math.Exp(v - max));
            for (var j = 0; j < _n; j++)
                rows[start + j] = Math.Exp(row[j] - max) / sum;
        }
    }
}
