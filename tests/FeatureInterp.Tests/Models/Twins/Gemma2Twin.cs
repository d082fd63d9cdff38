namespace FeatureInterp.Tests;

/// <summary>A value of the twin: row-major, in double.</summary>
internal sealed record TwinValue(int[] Shape, double[] Values);

/// <summary>
/// Gemma-2 written down once more, from its definition and without a thought for speed: double precision, one prompt at a time,
/// every value under TransformerLens's name. What the fast model is measured against when no peer's numbers are at hand.
/// </summary>
internal sealed class Gemma2Twin(TinyModel model, bool localFirst = true)
{
    private readonly TinyShape _s = model.Shape;
    private int _n;

    /// <summary>Every value that arose, by name.</summary>
    public Dictionary<string, TwinValue> Hooks { get; } = new(StringComparer.Ordinal);

    /// <summary>Called with each name and value as it arises; may write into the value.</summary>
    public Action<string, TwinValue>? Edit { get; init; }

    /// <summary>The logits [pos, vocab] of one prompt.</summary>
    public double[] Run(int[] tokens)
    {
        _n = tokens.Length;
        var embed = model["model.embed_tokens.weight"];
        var x = new double[_n * _s.DModel];
        for (var i = 0; i < _n; i++)
        {
            for (var d = 0; d < _s.DModel; d++)
                x[i * _s.DModel + d] = embed[tokens[i] * _s.DModel + d] * Math.Sqrt(_s.DModel);
        }

        At("hook_embed", x, _s.DModel);
        for (var layer = 0; layer < _s.Layers; layer++)
            Block(layer, x);

        var final = Norm("ln_final", x, "model.norm.weight");
        At("unembed.hook_in", final, _s.DModel);
        var logits = Linear(final, _s.Tied ? "model.embed_tokens.weight" : "lm_head.weight", _s.DModel, _s.Vocab);
        At("unembed.hook_out", logits, _s.Vocab);
        if (_s.LogitCap is { } cap)
        {
            for (var i = 0; i < logits.Length; i++)
                logits[i] = cap * Math.Tanh(logits[i] / cap);
        }

        return logits;
    }

    /// <summary>−log softmax(logits)[next token], for every token that has a next.</summary>
    public double[] Loss(double[] logits, int[] tokens)
    {
        var loss = new double[tokens.Length - 1];
        for (var i = 0; i < loss.Length; i++)
        {
            var row = logits[(i * _s.Vocab)..((i + 1) * _s.Vocab)];
            loss[i] = Math.Log(row.Sum(v => Math.Exp(v - row.Max()))) + row.Max() - row[tokens[i + 1]];
        }

        return loss;
    }

    private void Block(int layer, double[] x)
    {
        string name = $"blocks.{layer}.", weight = $"model.layers.{layer}.";
        At(name + "hook_resid_pre", x, _s.DModel);
        var attention = Attention(layer, Norm(name + "ln1", x, weight + "input_layernorm.weight"));
        var attnOut = Norm(name + "ln1_post", attention, weight + "post_attention_layernorm.weight");
        At(name + "hook_attn_out", attnOut, _s.DModel);
        AddTo(x, attnOut);
        At(name + "hook_resid_mid", x, _s.DModel);

        var input = (double[])x.Clone();
        At(name + "hook_mlp_in", input, _s.DModel);
        var mlp = Mlp(layer, Norm(name + "ln2", input, weight + "pre_feedforward_layernorm.weight"));
        var mlpOut = Norm(name + "ln2_post", mlp, weight + "post_feedforward_layernorm.weight");
        At(name + "hook_mlp_out", mlpOut, _s.DModel);
        AddTo(x, mlpOut);
        At(name + "hook_resid_post", x, _s.DModel);
    }

    private double[] Attention(int layer, double[] x)
    {
        string name = $"blocks.{layer}.attn.", weight = $"model.layers.{layer}.self_attn.";
        int heads = _s.Heads, shared = _s.KeyValueHeads, d = _s.HeadDim;
        var q = Linear(x, weight + "q_proj.weight", _s.DModel, heads * d);
        var k = Linear(x, weight + "k_proj.weight", _s.DModel, shared * d);
        var v = Linear(x, weight + "v_proj.weight", _s.DModel, shared * d);
        At(name + "hook_q", q, heads, d);
        At(name + "hook_k", k, shared, d);
        At(name + "hook_v", v, shared, d);
        Rotate(q, heads);
        Rotate(k, shared);
        At(name + "hook_rot_q", q, heads, d);
        At(name + "hook_rot_k", k, shared, d);

        var scores = Scores(layer, q, k);
        AtShape(name + "hook_attn_scores", scores, heads, _n, _n);
        Softmax(scores);
        AtShape(name + "hook_pattern", scores, heads, _n, _n);

        var z = new double[_n * heads * d];
        for (var h = 0; h < heads; h++)
        {
            for (var i = 0; i < _n; i++)
            {
                for (var j = 0; j < _n; j++)
                {
                    for (var e = 0; e < d; e++)
                        z[(i * heads + h) * d + e] += scores[(h * _n + i) * _n + j] * v[(j * shared + h / (heads / shared)) * d + e];
                }
            }
        }

        At(name + "hook_z", z, heads, d);
        return Output(name, z, model[weight + "o_proj.weight"]);
    }

    // Each head's part apart, then their sum.
    private double[] Output(string name, double[] z, double[] weight)
    {
        int heads = _s.Heads, d = _s.HeadDim;
        var result = new double[_n * heads * _s.DModel];
        for (var row = 0; row < _n * heads; row++)
        {
            for (var m = 0; m < _s.DModel; m++)
            {
                for (var e = 0; e < d; e++)
                    result[row * _s.DModel + m] += z[row * d + e] * weight[m * heads * d + row % heads * d + e];
            }
        }

        At(name + "hook_result", result, heads, _s.DModel);
        var sum = new double[_n * _s.DModel];
        for (var row = 0; row < _n * heads; row++)
        {
            for (var m = 0; m < _s.DModel; m++)
                sum[row / heads * _s.DModel + m] += result[row * _s.DModel + m];
        }

        return sum;
    }

    private double[] Scores(int layer, double[] q, double[] k)
    {
        int heads = _s.Heads, shared = _s.KeyValueHeads, d = _s.HeadDim;
        var isLocal = (_s.LayerTypes?[layer] ?? layer % 2 == 0) == localFirst;
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
                    score /= Math.Sqrt(_s.QueryScalar);
                    if (_s.AttentionCap is { } cap)
                        score = cap * Math.Tanh(score / cap);
                    var isSeen = j <= i && (!isLocal || i - j < _s.Window);
                    scores[(h * _n + i) * _n + j] = isSeen ? score : double.NegativeInfinity;
                }
            }
        }

        return scores;
    }

    private double[] Mlp(int layer, double[] x)
    {
        string name = $"blocks.{layer}.mlp.", weight = $"model.layers.{layer}.mlp.";
        At(name + "hook_in", x, _s.DModel);
        var gate = Linear(x, weight + "gate_proj.weight", _s.DModel, _s.DMlp);
        var up = Linear(x, weight + "up_proj.weight", _s.DModel, _s.DMlp);
        At(name + "hook_pre", gate, _s.DMlp);
        At(name + "hook_pre_linear", up, _s.DMlp);
        var post = new double[gate.Length];
        for (var i = 0; i < post.Length; i++)
        {
            var g = gate[i];
            post[i] = 0.5 * g * (1 + Math.Tanh(Math.Sqrt(2 / Math.PI) * (g + 0.044715 * g * g * g))) * up[i];
        }

        At(name + "hook_post", post, _s.DMlp);
        return Linear(post, weight + "down_proj.weight", _s.DMlp, _s.DModel);
    }

    private double[] Norm(string name, double[] x, string gain)
    {
        var scale = new double[_n];
        for (var i = 0; i < _n; i++)
            scale[i] = Math.Sqrt(x.Skip(i * _s.DModel).Take(_s.DModel).Sum(v => v * v) / _s.DModel + _s.Eps);
        At(name + ".hook_scale", scale, 1);
        var y = new double[x.Length];
        for (var i = 0; i < y.Length; i++)
            y[i] = x[i] / scale[i / _s.DModel];
        At(name + ".hook_normalized", y, _s.DModel);
        var result = new double[y.Length];
        for (var i = 0; i < y.Length; i++)
            result[i] = y[i] * (1 + model[gain][i % _s.DModel]);
        return result;
    }

    // Pairs are (e, e + d/2), turned by position · base^(−2e/d).
    private void Rotate(double[] x, int heads)
    {
        var d = _s.HeadDim;
        for (var row = 0; row < _n * heads; row++)
        {
            for (var e = 0; e < d / 2; e++)
            {
                var angle = row / heads * Math.Pow(_s.RopeBase, -2.0 * e / d);
                double a = x[row * d + e], b = x[row * d + e + d / 2];
                x[row * d + e] = a * Math.Cos(angle) - b * Math.Sin(angle);
                x[row * d + e + d / 2] = b * Math.Cos(angle) + a * Math.Sin(angle);
            }
        }
    }

    private void Softmax(double[] rows)
    {
        for (var start = 0; start < rows.Length; start += _n)
        {
            var sum = rows.Skip(start).Take(_n).Sum(Math.Exp);
            for (var j = start; j < start + _n; j++)
                rows[j] = Math.Exp(rows[j]) / sum;
        }
    }

    private double[] Linear(double[] x, string weight, int inputs, int outputs)
    {
        var w = model[weight];
        var y = new double[_n * outputs];
        for (var i = 0; i < _n; i++)
        {
            for (var o = 0; o < outputs; o++)
            {
                for (var e = 0; e < inputs; e++)
                    y[i * outputs + o] += x[i * inputs + e] * w[o * inputs + e];
            }
        }

        return y;
    }

    private static void AddTo(double[] x, double[] y)
    {
        for (var i = 0; i < x.Length; i++)
            x[i] += y[i];
    }

    private void At(string name, double[] values, params int[] perToken) => AtShape(name, values, [_n, .. perToken]);

    private void AtShape(string name, double[] values, params int[] shape)
    {
        Edit?.Invoke(name, new TwinValue(shape, values));
        Hooks[name] = new TwinValue(shape, (double[])values.Clone());
    }
}
