using FeatureInterp.Tensors;

namespace FeatureInterp.Models;

/// <summary>The gradient of attention in the three parts that a look at its scores or pattern cuts it into.</summary>
internal static class PatternGradient
{
    /// <summary>After scores = cap(q·k · scale): the gradients of q and k; a masked score depends on neither.</summary>
    /// <param name="tape">Where it is noted.</param>
    /// <param name="batch">The tokens.</param>
    /// <param name="q">[row, head, d_head]</param>
    /// <param name="k">[row, kv_head, d_head]</param>
    /// <param name="scores">[head, query, key] for each prompt.</param>
    /// <param name="shapes">Each prompt's sizes.</param>
    public static void RecordScores(Tape tape, TokenBatch batch, Tensor q, Tensor k, Tensor[] scores, AttentionShape[] shapes)
    {
        Tensor keptQ = tape.Keep(q), keptK = tape.Keep(k);
        var kept = Array.ConvertAll(scores, tape.Keep);
        tape.Add(() =>
        {
            Tensor dq = Zeros(tape, q), dk = Zeros(tape, k);
            for (var p = 0; p < scores.Length; p++)
            {
                if (tape.Take(scores[p]) is not { } d)
                    continue;
                var (shape, first) = (shapes[p], batch.FirstRow(p));
                Slope(d.Span, kept[p].Span, shape);
                ForEach(shape, (h, shared, i, j, at) =>
                {
                    Span<float> sumQ = Row(dq, first + i, h), sumK = Row(dk, first + j, shared);
                    TensorPrimitives.MultiplyAdd(Row(keptK, first + j, shared), d.Span[at], sumQ, sumQ);
                    TensorPrimitives.MultiplyAdd(Row(keptQ, first + i, h), d.Span[at], sumK, sumK);
                });
                tape.Free(d);
            }

            tape.Give(q, dq);
            tape.Give(k, dk);
        });
    }

    /// <summary>After pattern = softmax(scores) in place: dS = P·(dP − Σ P·dP) of every row.</summary>
    /// <param name="tape">Where it is noted.</param>
    /// <param name="pattern">[head, query, key] for each prompt.</param>
    public static void RecordSoftmax(Tape tape, Tensor[] pattern)
    {
        var kept = Array.ConvertAll(pattern, tape.Keep);
        tape.Add(() =>
        {
            for (var p = 0; p < pattern.Length; p++)
            {
                if (tape.Of(pattern[p]) is not { } d)
                    continue;
                var keys = d.Shape[2];
                for (var start = 0; start < d.Length; start += keys)
                {
                    Span<float> row = d.Span.Slice(start, keys), weights = kept[p].Span.Slice(start, keys);
                    TensorPrimitives.Subtract(row, TensorPrimitives.Dot(row, weights), row);
                    TensorPrimitives.Multiply(row, weights, row);
                }
            }
        });
    }

    /// <summary>After z = pattern·v: dP[h,i,j] = dz[i,h]·v[j], dv[j] = Σ P·dz[i,h].</summary>
    /// <param name="tape">Where it is noted.</param>
    /// <param name="batch">The tokens.</param>
    /// <param name="pattern">[head, query, key] for each prompt, as it was used.</param>
    /// <param name="v">[row, kv_head, d_head]</param>
    /// <param name="z">[row, head, d_head]</param>
    /// <param name="shapes">Each prompt's sizes.</param>
    public static void RecordMix(Tape tape, TokenBatch batch, Tensor[] pattern, Tensor v, Tensor z, AttentionShape[] shapes)
    {
        var kept = Array.ConvertAll(pattern, tape.Keep);
        var keptV = tape.Keep(v);
        tape.Add(() =>
        {
            if (tape.Take(z) is not { } dz)
                return;
            var dv = Zeros(tape, v);
            for (var p = 0; p < pattern.Length; p++)
            {
                var (shape, first, weights, d) = (shapes[p], batch.FirstRow(p), kept[p], tape.Room(pattern[p].Shape));
                ForEach(shape, (h, shared, i, j, at) =>
                {
                    Span<float> gradient = Row(dz, first + i, h), sum = Row(dv, first + j, shared);
                    d.Span[at] = TensorPrimitives.Dot(gradient, Row(keptV, first + j, shared));
                    TensorPrimitives.MultiplyAdd(gradient, weights.Span[at], sum, sum);
                });
                tape.Give(pattern[p], d);
            }

            tape.Free(dz);
            tape.Give(v, dv);
        });
    }

    // d of the capped score → d of q·k.
    private static void Slope(Span<float> d, ReadOnlySpan<float> scores, AttentionShape shape)
    {
        for (var i = 0; i < d.Length; i++)
        {
            var tanh = shape.SoftCap > 0 ? scores[i] / shape.SoftCap : 0;
            d[i] = float.IsNegativeInfinity(scores[i]) ? 0 : d[i] * shape.Scale * (1 - tanh * tanh);
        }
    }

    // Every head, the one it shares keys with, query and key, and the place of their score: heads that share on one thread, because they add to the same sums.
    private static void ForEach(AttentionShape shape, Action<int, int, int, int, int> action) => Workers.Run(shape.KeyValueHeads, shared =>
    {
        var sharing = shape.Heads / shape.KeyValueHeads;
        for (var h = shared * sharing; h < (shared + 1) * sharing; h++)
        {
            for (var i = 0; i < shape.Queries; i++)
            {
                for (var j = 0; j < shape.Keys; j++)
                    action(h, shared, i, j, (h * shape.Queries + i) * shape.Keys + j);
            }
        }
    });

    private static Span<float> Row(Tensor rows, int row, int head) => rows.Span.Slice((row * rows.Shape[1] + head) * rows.Shape[2], rows.Shape[2]);

    private static Tensor Zeros(Tape tape, Tensor like)
    {
        var zeros = tape.Room(like.Shape);
        zeros.Span.Clear();
        return zeros;
    }
}
