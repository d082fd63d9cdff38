using FeatureInterp.Models;
using FeatureInterp.Tensors;

namespace FeatureInterp.Saes;

/// <summary>
/// One batch: the model alone, with the SAE, and with zeros. What comes before the SAE's layer is run once; what comes after it is run
/// for a few rows at a time, because their logits take more memory than all else.
/// </summary>
internal sealed class EvaluationBatch
{
    // Logits of one run: 128 MB.
    private const long GroupLogits = 1L << 25;

    private readonly Transformer _model;
    private readonly SparseAutoencoder _sae;
    private readonly HashSet<int> _excluded;
    private readonly float _scale;
    private readonly HookPoint _in;
    private readonly HookPoint _out;
    private readonly int _start;

    public EvaluationBatch(Transformer model, SparseAutoencoder sae, HashSet<int> excluded, double scale)
    {
        (_model, _sae, _excluded, _scale) = (model, sae, excluded, (float)scale);
        _in = sae.Config.Hook;
        _out = sae.HookWritten;
        _start = IsInBlock(_in) && IsInBlock(_out) ? Math.Min(_in.Layer, _out.Layer) : 0;
    }

    /// <summary>Runs the rows and adds what they say to the sums.</summary>
    public void Run(int[][] rows, MetricSums sums, CancellationToken cancellation)
    {
        // Kept apart from the sums until all of the batch is there: a batch counts whole or not at all.
        var parts = new List<RowOutcome>(rows.Length);
        var residual = _start > 0 ? _model.Run(rows, stopAtLayer: _start, cancellation: cancellation).Residual : null;
        for (int first = 0, at = 0; first < rows.Length;)
        {
            var group = rows.AsSpan(first, GroupSize(rows, first)).ToArray();
            var tokens = group.Sum(r => r.Length);
            RunGroup(group, residual?.Rows(at, tokens), parts, first, cancellation);
            first += group.Length;
            at += tokens;
        }

        sums.AddReconstructions(Join(parts, p => p.Target), Join(parts, p => p.Reconstruction));
        foreach (var part in parts)
            part.AddTo(sums);
    }

    private void RunGroup(int[][] rows, Tensor? residual, List<RowOutcome> parts, int firstRow, CancellationToken cancellation)
    {
        var clean = _model.Run(rows, capture: new HookSelection(_in.ToString(), _out.ToString()), startAtLayer: _start, residual: residual, cancellation: cancellation);
        var group = new RowOutcome[rows.Length];
        for (var r = 0; r < rows.Length; r++)
        {
            var counts = Array.ConvertAll(rows[r], t => !_excluded.Contains(t));
            var x = Scaled(clean.Activations[_in][r], _scale);
            var reconstruction = Scaled(_sae.Reconstruct(x), 1 / _scale);
            CheckFinite(reconstruction, firstRow + r);
            group[r] = new RowOutcome(counts, clean.Activations[_out][r], reconstruction, _sae.Encode(x, cancellation))
            {
                CeClean = TokenLosses.CrossEntropy(clean.Logits[r], rows[r]),
            };
        }

        foreach (var (edit, isSae) in new[] { (new Edit(_out.ToString(), value => Replace(value, group)), true), (Hook.Zero(_out.ToString()), false) })
        {
            var run = _model.Run(rows, edit: [edit], startAtLayer: _start, residual: residual, cancellation: cancellation);
            for (var r = 0; r < rows.Length; r++)
            {
                cancellation.ThrowIfCancellationRequested();
                var loss = TokenLosses.CrossEntropy(run.Logits[r], rows[r]);
                var divergence = TokenLosses.Divergence(clean.Logits[r], run.Logits[r]);
                if (isSae)
                    (group[r].CeSae, group[r].KlSae) = (loss, divergence);
                else
                    (group[r].CeZero, group[r].KlZero) = (loss, divergence);
            }
        }

        parts.AddRange(group);
    }

    // Tokens that do not count keep the model's own activation.
    private static void Replace(HookValue value, RowOutcome[] group)
    {
        for (var r = 0; r < group.Length; r++)
        {
            for (var t = 0; t < group[r].Counts.Length; t++)
            {
                if (group[r].Counts[t])
                    group[r].Reconstruction.Row(t).CopyTo(value[r].Row(t));
            }
        }
    }

    private int GroupSize(int[][] rows, int first)
    {
        var size = 1;
        long logits = (long)rows[first].Length * _model.Config.VocabSize;
        while (first + size < rows.Length && (logits += (long)rows[first + size].Length * _model.Config.VocabSize) <= GroupLogits)
            size++;
        return size;
    }

    private void CheckFinite(Tensor reconstruction, int row)
    {
        for (var t = 0; t < reconstruction.Shape[0]; t++)
        {
            if (!float.IsFinite(TensorPrimitives.Sum<float>(reconstruction.Row(t))))
                throw new SaeException($"{_sae.Name}: the reconstruction of token {t} of row {row} of its batch is not finite; the SAE's weights hold NaN or infinite values, or the model's do. Fetch the files again.");
        }
    }

    private static bool IsInBlock(HookPoint hook) => hook.ToString().StartsWith("blocks.", StringComparison.Ordinal);

    private static Tensor Scaled(Tensor x, float factor)
    {
        if (factor == 1)
            return x;
        var scaled = Tensor.Uninitialized(x.Shape);
        TensorPrimitives.Multiply(x.Span, factor, scaled.Span);
        return scaled;
    }

    // The rows of all tokens that count, [token, d].
    private static Tensor Join(List<RowOutcome> parts, Func<RowOutcome, Tensor> of)
    {
        var width = of(parts[0]).Length / of(parts[0]).Shape[0];
        var joined = Tensor.Uninitialized(parts.Sum(p => p.Counts.Count(c => c)), width);
        var at = 0;
        foreach (var part in parts)
        {
            for (var t = 0; t < part.Counts.Length; t++)
            {
                if (part.Counts[t])
                    of(part).Row(t).CopyTo(joined.Row(at++));
            }
        }

        return joined;
    }
}
