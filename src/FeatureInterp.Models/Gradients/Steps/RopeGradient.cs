using FeatureInterp.Tensors;

namespace FeatureInterp.Models;

/// <summary>The gradient of a rotation.</summary>
internal static class RopeGradient
{
    /// <summary>After x was turned in place: dx is turned back.</summary>
    /// <param name="tape">Where it is noted.</param>
    /// <param name="run">The step.</param>
    /// <param name="rope">The angles.</param>
    /// <param name="x">[row, head, d_head]</param>
    public static void Record(Tape tape, ForwardPass run, RopeTable rope, Tensor x) => tape.Add(() =>
    {
        if (tape.Of(x) is not { } dx)
            return;
        var (cos, sin) = rope.Gather(run);                                          // [row, rotated / 2]
        TensorPrimitives.Negate(sin.Span, sin.Span);
        Kernels.Rope(dx.Span, x.Shape[1], x.Shape[2], cos.Span, sin.Span);
    });
}
