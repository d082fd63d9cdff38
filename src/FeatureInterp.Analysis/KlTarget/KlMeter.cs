using FeatureInterp.Models;
using FeatureInterp.Tensors;

namespace FeatureInterp.Analysis;

/// <summary>
/// KL(clean ‖ clamped) = mean over prompts of the mean over positions of Σ p·(ln p − ln q), p and q no smaller than 1e-10. The clean run and the blocks before the unit are run
/// once; several values are one batch.
/// </summary>
internal sealed class KlMeter
{
    private static readonly double LogFloor = Math.Log(1e-10);
    private const long LogitsAtOnce = 1 << 24;

    private readonly Transformer _model;
    private readonly Unit _unit;
    private readonly KlTargetOptions _options;
    private readonly int[][] _prompts;
    private readonly Tensor? _stream;
    private readonly double[][][] _clean;                                    // prompt, position → ln p, [d_vocab]
    private readonly double[][][] _weights;                                  // prompt, position → p
    private readonly CancellationToken _cancellation;

    public KlMeter(Transformer model, Unit unit, KlTargetOptions options, CancellationToken cancellation)
    {
        (_model, _unit, _options, _cancellation) = (model, unit, options, cancellation);
        _prompts = Tokens(model, options);
        if (unit.FirstLayer > 0)
            _stream = model.Run(_prompts, stopAtLayer: unit.FirstLayer, cancellation: cancellation).Residual;
        var clean = model.Run(
            _prompts, splice: options.ErrorTerm ? null : unit.Splices(errorTerm: false), startAtLayer: unit.FirstLayer, residual: _stream, cancellation: cancellation);
        _clean = [.. Enumerable.Range(0, _prompts.Length).Select(p => Enumerable.Range(0, _prompts[p].Length).Select(i => LogProbabilities(clean.Logits[p].Row(i))).ToArray())];
        _weights = [.. _clean.Select(p => p.Select(row => Array.ConvertAll(row, Math.Exp)).ToArray())];
    }

    /// <summary>The token ids of the prompts as they are run.</summary>
    public int[][] Prompts => _prompts;

    /// <summary>How many values make a batch that memory holds.</summary>
    public int AtOnce => (int)Math.Clamp(LogitsAtOnce / ((long)_model.Config.VocabSize * _prompts.Sum(p => p.Length)), 1, 64);

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
        var n = _prompts.Length;
        int[][] batch = [.. Enumerable.Repeat(_prompts, values.Length).SelectMany(p => p)];
        var run = _model.Run(
            batch,
            edit: [_unit.Clamp(p => values[p / n], beforeActivation: _options.BeforeActivation)],
            splice: _unit.Splices(_options.ErrorTerm),
            startAtLayer: _unit.FirstLayer,
            residual: Repeated(values.Length),
            cancellation: _cancellation);
        var result = new double[values.Length];
        for (var v = 0; v < values.Length; v++)
        {
            for (var p = 0; p < n; p++)
                result[v] += Mean(p, run.Logits[v * n + p]) / n;
        }

        return result;
    }

    private double Mean(int prompt, Tensor clamped)
    {
        var (sum, count) = (0.0, 0);
        for (var i = 0; i < _prompts[prompt].Length; i++)
        {
            // Where the notebook has zeroed both distributions, their divergence is 0 and the position left out.
            if (_options.PadRight && _prompts[prompt][i] == 0)
                continue;
            var kl = Divergence(_weights[prompt][i], _clean[prompt][i], clamped.Row(i));
            if (_options.PadRight && kl == 0)
                continue;
            sum += kl;
            count++;
        }

        return sum / count;
    }

    private static double Divergence(double[] p, double[] logP, ReadOnlySpan<float> clamped)
    {
        var (sum, normalizer) = (0.0, (double)Kernels.LogSumExp(clamped));
        for (var t = 0; t < p.Length; t++)
            sum += p[t] * (logP[t] - Math.Max(LogFloor, clamped[t] - normalizer));
        return sum;
    }

    private static double[] LogProbabilities(ReadOnlySpan<float> logits)
    {
        double normalizer = Kernels.LogSumExp(logits);
        var logP = new double[logits.Length];
        for (var t = 0; t < logP.Length; t++)
            logP[t] = Math.Max(LogFloor, logits[t] - normalizer);
        return logP;
    }

    private Tensor? Repeated(int times)
    {
        if (_stream is null)
            return null;
        var rows = Tensor.Uninitialized(_stream.Shape[0] * times, _stream.Shape[1]);
        for (var t = 0; t < times; t++)
            _stream.Span.CopyTo(rows.Span[(t * _stream.Length)..]);
        return rows;
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
