using FeatureInterp.Tensors;

namespace FeatureInterp.Models;

/// <summary>The gradients of a norm and of its parts.</summary>
internal static class NormGradient
{
    /// <summary>After y = (x − mean) / √(mean square + eps), the mean being taken off in a layer norm: Jacobian times dy.</summary>
    /// <param name="tape">Where it is noted.</param>
    /// <param name="x">[row, …, width]</param>
    /// <param name="y">The quotient, in memory of its own.</param>
    /// <param name="w">The norm's numbers.</param>
    public static void RecordQuotient(Tape tape, Tensor x, Tensor y, NormWeights w)
    {
        var before = tape.Keep(x);
        tape.Add(() =>
        {
            if (tape.Take(y) is not { } d)
                return;
            Kernels.NormGradient(before.Span, d.Span, w.Gain.Length, w.Bias is not null, w.Eps, d.Span);
            tape.Give(x, d);
        });
    }

    /// <summary>After scale = √(mean(c²) + eps) and y = c / scale, both looked at, with c = x or in a layer norm x − mean: the same in two steps, the gradient of the scale between them.</summary>
    /// <param name="tape">Where it is noted.</param>
    /// <param name="x">[row, …, width]</param>
    /// <param name="centred">c; it may be y's memory before the division.</param>
    /// <param name="scale">[row, …, 1]</param>
    /// <param name="w">The norm's numbers.</param>
    public static void RecordScale(Tape tape, Tensor x, Tensor centred, Tensor scale, NormWeights w)
    {
        Tensor c = tape.Keep(centred), s = tape.Keep(scale);
        tape.Add(() =>
        {
            if (tape.Take(scale) is not { } ds)
                return;
            var width = w.Gain.Length;
            var dx = tape.Room(x.Shape);
            for (var row = 0; row < ds.Length; row++)
                TensorPrimitives.Multiply(c.Span.Slice(row * width, width), ds.Span[row] / s.Span[row] / width, dx.Span.Slice(row * width, width));
            tape.Free(ds);
            Give(tape, x, dx, w);
        });
    }

    /// <summary>After y = c / scale with a scale that has been looked at: dx from dy, and the gradient of the scale.</summary>
    /// <param name="tape">Where it is noted.</param>
    /// <param name="x">[row, …, width]</param>
    /// <param name="scale">[row, …, 1], as it was used.</param>
    /// <param name="y">The quotient.</param>
    /// <param name="w">The norm's numbers.</param>
    public static void RecordDivision(Tape tape, Tensor x, Tensor scale, Tensor y, NormWeights w)
    {
        Tensor s = tape.Keep(scale), quotient = tape.Keep(y);
        tape.Add(() =>
        {
            if (tape.Take(y) is not { } d)
                return;
            var width = w.Gain.Length;
            var ds = tape.Room(scale.Shape);
            for (var row = 0; row < ds.Length; row++)
                ds.Span[row] = -TensorPrimitives.Dot(d.Span.Slice(row * width, width), quotient.Span.Slice(row * width, width)) / s.Span[row];
            tape.Give(scale, ds);
            Kernels.DivideRows(d.Span, s.Span, d.Span);
            Give(tape, x, d, w);
        });
    }

    /// <summary>After y = y·gain + bias in place: dy·gain.</summary>
    /// <param name="tape">Where it is noted.</param>
    /// <param name="y">[row, …, width]</param>
    /// <param name="w">The norm's numbers.</param>
    public static void RecordGain(Tape tape, Tensor y, NormWeights w) => tape.Add(() =>
    {
        if (tape.Of(y) is { } d)
            Kernels.ScaleRows(d.Span, w.Gain.Span, default, d.Span);
    });

    /// <summary>After each row's mean was taken off in place: the gradient's mean off.</summary>
    /// <param name="tape">Where it is noted.</param>
    /// <param name="y">[row, …, width]</param>
    /// <param name="width">The length of a row.</param>
    public static void RecordCentre(Tape tape, Tensor y, int width) => tape.Add(() =>
    {
        if (tape.Of(y) is { } d)
            NormStep.Centre(d, width);
    });

    private static void Give(Tape tape, Tensor x, Tensor dc, NormWeights w)
    {
        if (w.Bias is not null)
            NormStep.Centre(dc, w.Gain.Length);
        tape.Give(x, dc);
    }
}
