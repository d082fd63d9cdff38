using FeatureInterp.Tensors;

namespace FeatureInterp.Models;

/// <summary>The gradient of an activation function; noted before the function writes over what it was given.</summary>
internal static class ActivationGradient
{
    /// <summary>A kernel of two inputs.</summary>
    public delegate void Kernel(ReadOnlySpan<float> a, ReadOnlySpan<float> b, Span<float> y);

    /// <summary>For y = f(x) in place: dx = dy·f′(x).</summary>
    /// <param name="tape">Where it is noted.</param>
    /// <param name="x">[row, d_mlp], before.</param>
    /// <param name="slope">(x, g) → g·f′(x)</param>
    public static void Record(Tape tape, Tensor x, Kernel slope)
    {
        var before = tape.Keep(x);
        tape.Add(() =>
        {
            if (tape.Of(x) is { } d)
                slope(before.Span, d.Span, d.Span);
        });
    }

    /// <summary>For y = f(gate)·up in the gate's place: d up = dy·f(gate), d gate = dy·up·f′(gate).</summary>
    /// <param name="tape">Where it is noted.</param>
    /// <param name="gate">[row, d_mlp], before.</param>
    /// <param name="up">[row, d_mlp]</param>
    /// <param name="multiply">(gate, a) → f(gate)·a</param>
    /// <param name="slope">(gate, g) → g·f′(gate)</param>
    public static void RecordGated(Tape tape, Tensor gate, Tensor up, Kernel multiply, Kernel slope)
    {
        Tensor before = tape.Keep(gate), linear = tape.Keep(up);
        tape.Add(() =>
        {
            if (tape.Of(gate) is not { } d)
                return;
            var dUp = tape.Room(up.Shape);
            multiply(before.Span, d.Span, dUp.Span);
            tape.Give(up, dUp);
            TensorPrimitives.Multiply(d.Span, linear.Span, d.Span);
            slope(before.Span, d.Span, d.Span);
        });
    }
}
