using FeatureInterp.Models;
using FeatureInterp.Tensors;

namespace FeatureInterp.Analysis;

/// <summary>
/// KL(clean ‖ clamped) = mean over prompts of the mean over positions of Σ p·(ln p − ln q), p and q no smaller than 1e-10. The clean run and what comes before the unit are run
/// once; several values are one batch.
/// </summary>
internal sealed class KlMeter
{
    private static readonly double LogFloor = Math.Log(1e-10);
    private const long LogitsAtOnce = 1 << 24;

    private readonly KlTargetOptions _options;
    private readonly ClampedRuns _runs;
    private readonly int[][] _prompts;
    private readonly double[][][] _p;                                        // prompt, position → p, [d_vocab]
    private readonly double[][] _negentropy;                                 // prompt, position → Σ p·ln p
    private readonly double[] _room;                                         // [d_vocab]
    private readonly CancellationToken _cancellation;

    public KlMeter(Transformer model, Unit unit, KlTargetOptions options, CancellationToken cancellation)
    {
        (_options, _cancellation) = (options, cancellation);
        _prompts = Tokens(model, options);
        _runs = new ClampedRuns(model, unit, _prompts, options.ErrorTerm, options.BeforeActivation, cancellation);
        _room = new double[model.Config.VocabSize];
        _p = new double[_prompts.Length][][];
        _negentropy = new double[_prompts.Length][];
    }

    /// <summary>The token ids of the prompts as they are run.</summary>
    public int[][] Prompts => _prompts;

    /// <summary>How many values make a batch that memory holds.</summary>
    public int AtOnce => (int)Math.Clamp(LogitsAtOnce / ((long)_room.Length * _prompts.Sum(p => p.Length)), 1, 64);

    /// <summary>The divergence at each value; NaN where every position was left out.</summary>
    public double[] At(IReadOnlyList<double> values)
    {
        var result = new double[values.Count];
        var atOnce = AtOnce;
        for (var first = 0; first < values.Count; first += atOnce)
        {
            var part = values.Skip(first).Take(atOnce).Select(v => (float)v).ToArray();
            Measure(part).CopyTo(result, first);
        }

        return result;
    }

    private double[] Measure(float[] values)
    {
        // The clean run is one more line of the first batch: two short runs read the weights twice.
        var (n, isFirst) = (_prompts.Length, _p[0] is null);
        var logits = _runs.Clamped(isFirst ? [null, .. values] : [.. values], leaves: null, _cancellation).Logits;
        for (var p = 0; p < n && isFirst; p++)
            Remember(p, logits[p]);
        var result = new double[values.Length];
        for (var v = 0; v < values.Length; v++)
        {
            for (var p = 0; p < n; p++)
                result[v] += Mean(p, logits[(isFirst ? v + 1 : v) * n + p]) / n;
        }

        return result;
    }

    private void Remember(int prompt, Tensor clean)
    {
        _p[prompt] = new double[clean.Shape[0]][];
        _negentropy[prompt] = new double[clean.Shape[0]];
        for (var i = 0; i < clean.Shape[0]; i++)
        {
            var logP = LogProbabilities(clean.Row(i), _room);
            TensorPrimitives.Exp<double>(logP, _p[prompt][i] = new double[_room.Length]);
            _negentropy[prompt][i] = TensorPrimitives.Dot<double>(logP, _p[prompt][i]);
        }
    }

    private double Mean(int prompt, Tensor clamped)
    {
        var (sum, count) = (0.0, 0);
        for (var i = 0; i < _prompts[prompt].Length; i++)
        {
            // Where the notebook has zeroed both distributions, their divergence is 0 and the position left out.
            if (_options.PadRight && _prompts[prompt][i] == 0)
                continue;
            var kl = _negentropy[prompt][i] - TensorPrimitives.Dot<double>(_p[prompt][i], LogProbabilities(clamped.Row(i), _room));
            if (_options.PadRight && kl == 0)
                continue;
            sum += kl;
            count++;
        }

        return sum / count;
    }

    // ln of softmax, no smaller than ln 1e-10.
    private static double[] LogProbabilities(ReadOnlySpan<float> logits, double[] room)
    {
        TensorPrimitives.ConvertTruncating(logits, room.AsSpan());
        TensorPrimitives.Subtract<double>(room, Kernels.LogSumExp(logits), room);
        TensorPrimitives.Max<double>(room, LogFloor, room);
        return room;
    }

    private static int[][] Tokens(Transformer model, KlTargetOptions options)
    {
        var tokenizer = model.RequireTokenizer();
        int[][] tokens = [.. options.Prompts.Select(p => tokenizer.ToTokens(p, model.PrependsBos))];
        if (!options.PadRight)
            return tokens;
        var pad = tokenizer.PadId ?? tokenizer.EosId ?? throw new AnalysisException("The tokenizer names neither a padding nor an end-of-sequence token; leave out PadRight.");
        var length = tokens.Max(t => t.Length);
        return Array.ConvertAll(tokens, t => (int[])[.. t, .. Enumerable.Repeat(pad, length - t.Length)]);
    }
}
