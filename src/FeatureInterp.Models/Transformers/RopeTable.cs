using FeatureInterp.Tensors;

namespace FeatureInterp.Models;

/// <summary>
/// Cosines and sines of rotary position embedding: at position <c>p</c>, pair <c>i</c> of a head of width d turns by
/// <c>p / base^(2i/d)</c>. Angles are fp32 quotients, as TransformerLens computes them: at long positions the rounding shows.
/// </summary>
internal sealed class RopeTable(int headDim, double rotaryBase)
{
    private readonly int _half = headDim / 2;
    private float[] _cos = [];
    private float[] _sin = [];

    /// <summary>The rows of the table that belong to a step's tokens: cos and sin, [row, d_head / 2].</summary>
    public (Tensor Cos, Tensor Sin) Gather(ForwardPass run)
    {
        var batch = run.Batch;
        var cos = run.Buffer("rope cos", batch.RowCount, _half);
        var sin = run.Buffer("rope sin", batch.RowCount, _half);
        for (var p = 0; p < batch.Count; p++)
        {
            int start = batch.Start(p) * _half, length = batch.Length(p) * _half;
            var (allCos, allSin) = Cover(batch.Start(p) + batch.Length(p));
            allCos.AsSpan(start, length).CopyTo(cos.Span[(batch.FirstRow(p) * _half)..]);
            allSin.AsSpan(start, length).CopyTo(sin.Span[(batch.FirstRow(p) * _half)..]);
        }

        return (cos, sin);
    }

    // Grown by doubling; a concurrent run at worst computes the same table twice.
    private (float[] Cos, float[] Sin) Cover(int positions)
    {
        float[] cos = _cos, sin = _sin;
        if (cos.Length >= positions * _half && sin.Length >= positions * _half)
            return (cos, sin);
        positions = Math.Max(positions, Math.Max(64, 2 * cos.Length / _half));
        cos = new float[positions * _half];
        sin = new float[positions * _half];
        for (var i = 0; i < _half; i++)
        {
            var frequency = (float)Math.Pow(rotaryBase, (float)i / _half);
            for (var position = 0; position < positions; position++)
                (sin[position * _half + i], cos[position * _half + i]) = SinCos(position / frequency);
        }

        (_cos, _sin) = (cos, sin);
        return (cos, sin);
    }

    private static (float Sin, float Cos) SinCos(float angle)
    {
        var (sin, cos) = Math.SinCos(angle);
        return ((float)sin, (float)cos);
    }
}
