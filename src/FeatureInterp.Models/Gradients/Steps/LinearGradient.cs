using FeatureInterp.Tensors;

namespace FeatureInterp.Models;

/// <summary>The gradient of a product with a weight.</summary>
internal static class LinearGradient
{
    /// <summary>After y = x·W + b: dx += dy·Wᵀ.</summary>
    /// <param name="tape">Where it is noted.</param>
    /// <param name="x">[row, in]</param>
    /// <param name="map">W and b.</param>
    /// <param name="y">[row, out]</param>
    public static void Record(Tape tape, Tensor x, LinearMap map, Tensor y) => tape.Add(() =>
    {
        if (tape.Take(y) is not { } dy)
            return;
        var dx = tape.Room(x.Shape);
        map.ApplyTransposed(dy.Span, dx.Span);
        tape.Free(dy);
        tape.Give(x, dx);
    });

    /// <summary>After one product whose outputs were dealt out to q, k and v: their gradients side by side, times the transposed whole.</summary>
    /// <param name="tape">Where it is noted.</param>
    /// <param name="n">What was multiplied, [row, d_model].</param>
    /// <param name="whole">The one matrix.</param>
    /// <param name="parts">The maps that are parts of it, and what each gave.</param>
    public static void RecordFused(Tape tape, Tensor n, LinearMap whole, params (LinearMap Map, Tensor Y)[] parts) => tape.Add(() =>
    {
        var all = tape.Room(n.Shape[0], whole.Outputs);
        all.Span.Clear();
        var flows = false;
        foreach (var (map, y) in parts)
        {
            if (tape.Take(y) is not { } dy)
                continue;
            map.PutOutputs(dy.Span, all.Span);
            tape.Free(dy);
            flows = true;
        }

        if (flows)
        {
            var dn = tape.Room(n.Shape);
            whole.ApplyTransposed(all.Span, dn.Span);
            tape.Give(n, dn);
        }

        tape.Free(all);
    });
}
