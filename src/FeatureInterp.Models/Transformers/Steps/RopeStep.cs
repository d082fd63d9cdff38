using FeatureInterp.Tensors;

namespace FeatureInterp.Models;

/// <summary>Rotary positions.</summary>
internal static class RopeStep
{
    /// <summary>Turns queries and keys by their positions, in place.</summary>
    /// <param name="run">The step.</param>
    /// <param name="rope">The angles.</param>
    /// <param name="q">[row, head, d_head]</param>
    /// <param name="k">[row, kv_head, d_head]</param>
    public static void Apply(ForwardPass run, RopeTable rope, Tensor q, Tensor k)
    {
        var (cos, sin) = rope.Gather(run);                                          // [row, rotated / 2]
        Kernels.Rope(q.Span, q.Shape[1], q.Shape[2], cos.Span, sin.Span);
        Kernels.Rope(k.Span, k.Shape[1], k.Shape[2], cos.Span, sin.Span);
        if (run.Tape is { } tape)
        {
            RopeGradient.Record(tape, run, rope, q);
            RopeGradient.Record(tape, run, rope, k);
        }
    }
}
