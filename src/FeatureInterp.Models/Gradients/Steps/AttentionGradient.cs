using FeatureInterp.Tensors;

namespace FeatureInterp.Models;

/// <summary>The gradient of attention.</summary>
internal static class AttentionGradient
{
    /// <summary>After z = softmax(scores)·v: the gradients of q, k and v, prompt by prompt.</summary>
    /// <param name="tape">Where it is noted.</param>
    /// <param name="batch">The tokens.</param>
    /// <param name="q">[row, head, d_head]</param>
    /// <param name="k">[row, kv_head, d_head]</param>
    /// <param name="v">[row, kv_head, d_head]</param>
    /// <param name="z">[row, head, d_head]</param>
    /// <param name="shapes">Each prompt's sizes.</param>
    public static void Record(Tape tape, TokenBatch batch, Tensor q, Tensor k, Tensor v, Tensor z, AttentionShape[] shapes)
    {
        Tensor keptQ = tape.Keep(q), keptK = tape.Keep(k), keptV = tape.Keep(v);
        tape.Add(() =>
        {
            if (tape.Take(z) is not { } dz)
                return;
            Tensor dq = tape.Room(q.Shape), dk = tape.Room(k.Shape), dv = tape.Room(v.Shape);
            for (var p = 0; p < shapes.Length; p++)
            {
                Kernels.AttentionGradient(
                    Rows(keptQ, p).Span, Rows(keptK, p).Span, Rows(keptV, p).Span, Rows(dz, p).Span, shapes[p], Rows(dq, p).Span, Rows(dk, p).Span, Rows(dv, p).Span);
            }

            tape.Free(dz);
            tape.Give(q, dq);
            tape.Give(k, dk);
            tape.Give(v, dv);
        });

        Tensor Rows(Tensor rows, int prompt) => rows.Rows(batch.FirstRow(prompt), batch.Length(prompt));
    }
}
