using FeatureInterp.Models;

namespace FeatureInterp.Tests;

/// <summary>A value of the twin: row-major, in double.</summary>
internal sealed record TwinValue(int[] Shape, double[] Values);

/// <summary>
/// Every family written down once more, from its definition and without a thought for speed: double precision, one prompt at a time,
/// every value under TransformerLens's name. What the fast models are measured against when no peer's numbers are at hand.
/// </summary>
internal sealed partial class ModelTwin
{
    private readonly TinyShape _s;
    private readonly TwinMaths _maths;
    private readonly TwinWeights _w;
    private readonly bool _normalizedAfterGain;
    private int _n;

    public ModelTwin(TinyModel model, LoadOptions? options = null)
    {
        options ??= new LoadOptions();
        _s = model.Shape;
        _maths = model.Family.Maths(_s, options);
        _w = model.Family.Read(new TwinFile(model.Weights), _s);
        _normalizedAfterGain = options.NormalizedHook == NormalizedHook.AfterGain;
        TwinProcessing.Apply(_w, _maths, _s.Heads, options.Processing);
    }

    /// <summary>Every value that arose, by name; of a hook that fires several times, the last.</summary>
    public Dictionary<string, TwinValue> Hooks { get; } = new(StringComparer.Ordinal);

    /// <summary>Called with each name and value as it arises; may write into the value.</summary>
    public Action<string, TwinValue>? Edit { get; init; }

    /// <summary>The hooks of a head's own input that are asked for, by name: where one is, every head reads a copy.</summary>
    public IReadOnlyCollection<string> Inputs { get; init; } = [];

    /// <summary>The logits [pos, vocab] of one prompt.</summary>
    public double[] Run(int[] tokens)
    {
        _n = tokens.Length;
        var x = Rows(_w.E, tokens);
        At("hook_embed", x, _s.DModel);
        if (_w.Positions is not null)
        {
            var positions = Rows(_w.Positions, [.. Enumerable.Range(0, _n)]);
            At("hook_pos_embed", positions, _s.DModel);
            AddTo(x, positions);
        }

        for (var layer = 0; layer < _s.Layers; layer++)
            Block(layer, x, _w.Blocks[layer]);

        var final = Norm("ln_final", x, _w.Final);
        At("unembed.hook_in", final, _s.DModel);
        var logits = _w.U.Apply(final);
        At("unembed.hook_out", logits, _s.Vocab);
        return _maths.LogitCap is { } cap ? [.. logits.Select(l => cap * Math.Tanh(l / cap))] : logits;
    }

    /// <summary>−log softmax(logits)[next token], for every token that has a next.</summary>
    public double[] Loss(double[] logits, int[] tokens)
    {
        var loss = new double[tokens.Length - 1];
        for (var i = 0; i < loss.Length; i++)
        {
            var row = logits[(i * _s.Vocab)..((i + 1) * _s.Vocab)];
            var max = row.Max();
            loss[i] = Math.Log(row.Sum(v => Math.Exp(v - max))) + max - row[tokens[i + 1]];
        }

        return loss;
    }

    private void Block(int layer, double[] x, TwinBlock w)
    {
        var name = $"blocks.{layer}.";
        At(name + "hook_resid_pre", x, _s.DModel);
        var attnOut = Attention(layer, x, w);
        if (w.Ln1Post is not null)
            attnOut = Norm(name + "ln1_post", attnOut, w.Ln1Post);
        At(name + "hook_attn_out", attnOut, _s.DModel);
        if (!_maths.Parallel)
        {
            AddTo(x, attnOut);
            At(name + "hook_resid_mid", x, _s.DModel);
        }

        var input = (double[])x.Clone();
        At(name + "hook_mlp_in", input, _s.DModel);
        var mlpOut = Mlp(name + "mlp.", Norm(name + "ln2", input, w.Ln2), w);
        if (w.Ln2Post is not null)
            mlpOut = Norm(name + "ln2_post", mlpOut, w.Ln2Post);
        At(name + "hook_mlp_out", mlpOut, _s.DModel);
        if (_maths.Parallel)
            AddTo(x, attnOut);
        AddTo(x, mlpOut);
        At(name + "hook_resid_post", x, _s.DModel);
    }

    // With a gate, post = activation(pre) · pre_linear + b_in, the bias being none in these families.
    private double[] Mlp(string name, double[] x, TwinBlock w)
    {
        At(name + "hook_in", x, _s.DModel);
        var pre = (w.Gate ?? w.In).Apply(x);
        At(name + "hook_pre", pre, _s.DMlp);
        var post = Array.ConvertAll(pre, v => _maths.Activation(v));
        if (w.Gate is not null)
        {
            var linear = w.In.Apply(x);
            At(name + "hook_pre_linear", linear, _s.DMlp);
            for (var i = 0; i < post.Length; i++)
                post[i] *= linear[i];
        }

        At(name + "hook_post", post, _s.DMlp);
        return w.Out.Apply(post);
    }

    /// <summary>A norm over the last dimension, with its two hooks; <paramref name="copies"/> are the dimensions between position and that.</summary>
    private double[] Norm(string name, double[] x, TwinNorm w, params int[] copies)
    {
        var width = w.Gain.Length;
        double[] y = (double[])x.Clone(), scale = new double[x.Length / width];
        for (var row = 0; row < scale.Length; row++)
        {
            var part = y.AsSpan(row * width, width);
            var mean = w.Bias is null ? 0 : part.ToArray().Average();
            foreach (ref var v in part)
                v -= mean;
            scale[row] = Math.Sqrt(part.ToArray().Sum(v => v * v) / width + w.Eps);
        }

        At(name + ".hook_scale", scale, [.. copies, 1]);
        for (var i = 0; i < y.Length; i++)
            y[i] /= scale[i / width];
        var after = _normalizedAfterGain && w.Bias is not null;
        if (!after)
            At(name + ".hook_normalized", y, [.. copies, width]);
        var result = new double[y.Length];
        for (var i = 0; i < y.Length; i++)
            result[i] = y[i] * w.Gain[i % width] + (w.Bias?[i % width] ?? 0);
        if (after)
            At(name + ".hook_normalized", result, [.. copies, width]);
        return result;
    }

    private static double[] Rows(double[,] matrix, int[] rows)
    {
        var width = matrix.GetLength(1);
        var result = new double[rows.Length * width];
        for (var i = 0; i < result.Length; i++)
            result[i] = matrix[rows[i / width], i % width];
        return result;
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
