using FeatureInterp.Tensors;

namespace FeatureInterp.Saes;

/// <summary>
/// The normalisation of one input, remembered so that its reconstruction can be put back on the input's scale:
/// y = (x − shift) · factor, back: r · inverse + shift.
/// </summary>
internal sealed class TokenScaling
{
    private readonly (float Shift, float Factor, float Inverse)[] _tokens;

    private TokenScaling((float Shift, float Factor, float Inverse)[] tokens) => _tokens = tokens;

    /// <summary>Normalises x [token, d_in] in place. A token of zeros becomes NaN under ConstantNormRescale, as in SAELens.</summary>
    /// <returns>How to undo it; null when there is nothing to undo.</returns>
    public static TokenScaling? Apply(SaeConfig config, Tensor x)
    {
        if (config.Normalization == SaeNormalization.None)
            return null;
        var constant = (float)config.NormalizationFactor;
        var tokens = new (float, float, float)[x.Shape[0]];
        for (var t = 0; t < tokens.Length; t++)
        {
            var row = x.Row(t);
            var (shift, factor, inverse) = tokens[t] = config.Normalization switch
            {
                SaeNormalization.LayerNorm => LayerNorm(row),
                SaeNormalization.ConstantNormRescale => ConstantNorm(row),
                _ => (0, constant, 1 / constant),
            };
            TensorPrimitives.Subtract(row, shift, row);
            TensorPrimitives.Multiply(row, factor, row);
        }

        return new TokenScaling(tokens);
    }

    /// <summary>Puts a reconstruction [token, d_in] back on the input's scale, in place.</summary>
    public void Undo(Tensor reconstruction)
    {
        for (var t = 0; t < _tokens.Length; t++)
        {
            var row = reconstruction.Row(t);
            TensorPrimitives.Multiply(row, _tokens[t].Inverse, row);
            TensorPrimitives.Add(row, _tokens[t].Shift, row);
        }
    }

    /// <summary>Multiplies rows by what <see cref="Undo"/> multiplies a reconstruction with, in place: the way a gradient goes back through it.</summary>
    public void Scale(Tensor rows)
    {
        for (var t = 0; t < _tokens.Length; t++)
            TensorPrimitives.Multiply(rows.Row(t), _tokens[t].Inverse, rows.Row(t));
    }

    private static (float Shift, float Factor, float Inverse) ConstantNorm(ReadOnlySpan<float> row)
    {
        var factor = MathF.Sqrt(row.Length) / TensorPrimitives.Norm(row);
        return (0, factor, 1 / factor);
    }

    // SAELens's: unbiased standard deviation; 1e-5 is added to it on the way in, not on the way out.
    private static (float Shift, float Factor, float Inverse) LayerNorm(ReadOnlySpan<float> row)
    {
        double mean = 0, squares = 0;
        foreach (var value in row)
            mean += value;
        mean /= row.Length;
        foreach (var value in row)
            squares += (value - mean) * (value - mean);
        var deviation = Math.Sqrt(squares / (row.Length - 1));
        return ((float)mean, (float)(1 / (deviation + 1e-5)), (float)deviation);
    }
}
