using FeatureInterp.Tensors;

namespace FeatureInterp.Models;

/// <summary>The gradients of what is computed head by head where a hook of a single head's input or output is wanted.</summary>
internal static class HeadGradient
{
    /// <summary>After each head was given a copy of x: dx += the sum of the copies' gradients.</summary>
    /// <param name="tape">Where it is noted.</param>
    /// <param name="x">[row, d_model]</param>
    /// <param name="copies">[row, head, d_model]</param>
    public static void RecordCopies(Tape tape, Tensor x, Tensor copies) => tape.Add(() =>
    {
        if (tape.Take(copies) is not { } d)
            return;
        var dx = tape.Room(x.Shape);
        dx.Span.Clear();
        for (var row = 0; row < x.Shape[0]; row++)
        {
            for (var h = 0; h < copies.Shape[1]; h++)
                TensorPrimitives.Add(dx.Row(row), Of(d, row, h), dx.Row(row));
        }

        tape.Free(d);
        tape.Give(x, dx);
    });

    /// <summary>After y[h] = n[h]·W[h] for each head: dn[h] = dy[h]·W[h]ᵀ.</summary>
    /// <param name="tape">Where it is noted.</param>
    /// <param name="n">[row, head, d_model]</param>
    /// <param name="map">W, all heads side by side.</param>
    /// <param name="y">[row, head, d_head]</param>
    public static void RecordReads(Tape tape, Tensor n, LinearMap map, Tensor y) => tape.Add(() =>
    {
        if (tape.Take(y) is not { } dy)
            return;
        int rows = y.Shape[0], heads = y.Shape[1], width = y.Shape[2];
        Tensor dn = tape.Room(n.Shape), one = tape.Room(rows, width), of = tape.Room(rows, n.Shape[2]);
        for (var h = 0; h < heads; h++)
        {
            for (var row = 0; row < rows; row++)
                Of(dy, row, h).CopyTo(one.Row(row));
            map.Part(h * width, width).ApplyTransposed(one.Span, of.Span);
            for (var row = 0; row < rows; row++)
                of.Row(row).CopyTo(Of(dn, row, h));
        }

        tape.Free(one);
        tape.Free(of);
        tape.Free(dy);
        tape.Give(n, dn);
    });

    /// <summary>After result[h] = z[h]·W[h] for each head: dz[h] = dresult[h]·W[h]ᵀ.</summary>
    /// <param name="tape">Where it is noted.</param>
    /// <param name="z">[row, head, d_head]</param>
    /// <param name="output">W, the heads one below the other.</param>
    /// <param name="result">[row, head, d_model]</param>
    public static void RecordWrites(Tape tape, Tensor z, LinearMap output, Tensor result) => tape.Add(() =>
    {
        if (tape.Take(result) is not { } d)
            return;
        int rows = z.Shape[0], heads = z.Shape[1];
        Tensor dz = tape.Room(z.Shape), one = tape.Room(rows, output.Outputs), all = tape.Room(z.Shape);
        for (var h = 0; h < heads; h++)
        {
            for (var row = 0; row < rows; row++)
                Of(d, row, h).CopyTo(one.Row(row));
            output.ApplyTransposed(one.Span, all.Span);
            for (var row = 0; row < rows; row++)
                Of(all, row, h).CopyTo(Of(dz, row, h));
        }

        tape.Free(one);
        tape.Free(all);
        tape.Free(d);
        tape.Give(z, dz);
    });

    /// <summary>After sum = Σ over the heads of result: each head's gradient is that of the sum.</summary>
    /// <param name="tape">Where it is noted.</param>
    /// <param name="result">[row, head, d_model]</param>
    /// <param name="sum">[row, d_model]</param>
    public static void RecordSum(Tape tape, Tensor result, Tensor sum) => tape.Add(() =>
    {
        if (tape.Take(sum) is not { } d)
            return;
        var each = tape.Room(result.Shape);
        for (var row = 0; row < result.Shape[0]; row++)
        {
            for (var h = 0; h < result.Shape[1]; h++)
                d.Row(row).CopyTo(Of(each, row, h));
        }

        tape.Free(d);
        tape.Give(result, each);
    });

    private static Span<float> Of(Tensor heads, int row, int head) => heads.Span.Slice((row * heads.Shape[1] + head) * heads.Shape[2], heads.Shape[2]);
}
