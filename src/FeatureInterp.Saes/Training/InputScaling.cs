using FeatureInterp.Tensors;

namespace FeatureInterp.Saes;

/// <summary>What is done to activations before they are encoded.</summary>
public enum TrainingNormalization
{
    /// <summary>Nothing.</summary>
    None,

    /// <summary>x · √d_in / ‖x‖, a factor a token; the reconstruction is divided by it.</summary>
    ConstantNormRescale,

    /// <summary>(x − μ) / (σ + 1e-5) with the unbiased σ of each token; the reconstruction becomes r·σ + μ.</summary>
    LayerNorm,

    /// <summary>
    /// One factor for all, √d_in over the mean norm of the first activations: it is folded into the saved weights, so that an SAE in use needs no normalisation.
    /// </summary>
    ExpectedAverageOnlyIn,
}

/// <summary>The normalisation of each row of a batch: y = (x − shift) · factor, back: r · inverse + shift.</summary>
internal sealed class InputScaling
{
    private (float Shift, float Factor, float Inverse)[] _rows = [];

    /// <summary>Writes the normalised rows of x [row, d_in] to y.</summary>
    public void Apply(TrainingNormalization kind, Tensor x, Tensor y)
    {
        x.Span.CopyTo(y.Span);
        _rows = kind is TrainingNormalization.LayerNorm or TrainingNormalization.ConstantNormRescale ? new (float, float, float)[x.Shape[0]] : [];
        for (var r = 0; r < _rows.Length; r++)
        {
            var row = y.Row(r);
            _rows[r] = kind == TrainingNormalization.LayerNorm ? LayerNorm(row) : ConstantNorm(row);
            TensorPrimitives.Subtract(row, _rows[r].Shift, row);
            TensorPrimitives.Multiply(row, _rows[r].Factor, row);
        }
    }

    /// <summary>Puts a reconstruction back on the input's scale, in place.</summary>
    public void Undo(Tensor reconstruction)
    {
        for (var r = 0; r < _rows.Length; r++)
        {
            var row = reconstruction.Row(r);
            TensorPrimitives.Multiply(row, _rows[r].Inverse, row);
            TensorPrimitives.Add(row, _rows[r].Shift, row);
        }
    }

    /// <summary>Takes a gradient with respect to what <see cref="Undo"/> gave back to what it was given, in place.</summary>
    public void UndoGradient(Tensor gradient)
    {
        for (var r = 0; r < _rows.Length; r++)
            TensorPrimitives.Multiply(gradient.Row(r), _rows[r].Inverse, gradient.Row(r));
    }

    private static (float Shift, float Factor, float Inverse) ConstantNorm(ReadOnlySpan<float> row)
    {
        var norm = TensorPrimitives.Norm(row);
        return norm > 0 ? (0, MathF.Sqrt(row.Length) / norm, norm / MathF.Sqrt(row.Length)) : (0, 1, 1);
    }

    // As SAELens: 1e-5 is added to the deviation on the way in, not on the way out.
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
