using FeatureInterp.Tensors;

namespace FeatureInterp.Models;

/// <summary>The gradient of a sum.</summary>
internal static class AddGradient
{
    /// <summary>After x += y: dy = dx, and dx stays.</summary>
    /// <param name="tape">Where it is noted.</param>
    /// <param name="x">What was added to, in place.</param>
    /// <param name="y">What was added.</param>
    public static void Record(Tape tape, Tensor x, Tensor y) => tape.Add(() =>
    {
        if (tape.Of(x) is not { } dx)
            return;
        var dy = tape.Room(y.Shape);
        dx.Span.CopyTo(dy.Span);
        tape.Give(y, dy);
    });

    /// <summary>After y = x, another piece of memory: dx += dy.</summary>
    /// <param name="tape">Where it is noted.</param>
    /// <param name="x">What was copied.</param>
    /// <param name="y">The copy.</param>
    public static void RecordCopy(Tape tape, Tensor x, Tensor y) => tape.Add(() =>
    {
        if (tape.Take(y) is { } dy)
            tape.Give(x, dy);
    });
}
