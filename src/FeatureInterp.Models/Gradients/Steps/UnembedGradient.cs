using FeatureInterp.Tensors;

namespace FeatureInterp.Models;

/// <summary>The gradients of what is special to the end of a model.</summary>
internal static class UnembedGradient
{
    /// <summary>After y = cap·tanh(x / cap) in place: dx = dy·(1 − (y / cap)²).</summary>
    /// <param name="tape">Where it is noted.</param>
    /// <param name="y">The capped logits, [row, d_vocab]; they are not written to again.</param>
    /// <param name="cap">The cap.</param>
    public static void RecordSoftCap(Tape tape, Tensor y, float cap) => tape.Add(() =>
    {
        if (tape.Of(y) is not { } d)
            return;
        var slope = tape.Room(y.Shape[1]);
        for (var row = 0; row < y.Shape[0]; row++)
        {
            TensorPrimitives.Divide(y.Row(row), cap, slope.Span);
            TensorPrimitives.Multiply(slope.Span, slope.Span, slope.Span);
            TensorPrimitives.Subtract(1f, slope.Span, slope.Span);
            TensorPrimitives.Multiply(d.Row(row), slope.Span, d.Row(row));
        }

        tape.Free(slope);
    });

    /// <summary>After some rows of x were copied: their gradient, and zero elsewhere.</summary>
    /// <param name="tape">Where it is noted.</param>
    /// <param name="x">[row, d_model]</param>
    /// <param name="some">[some, d_model]</param>
    /// <param name="rows">Which rows.</param>
    public static void RecordRows(Tape tape, Tensor x, Tensor some, int[] rows) => tape.Add(() =>
    {
        if (tape.Take(some) is not { } d)
            return;
        var dx = tape.Room(x.Shape);
        dx.Span.Clear();
        for (var i = 0; i < rows.Length; i++)
            d.Row(i).CopyTo(dx.Row(rows[i]));
        tape.Free(d);
        tape.Give(x, dx);
    });
}
