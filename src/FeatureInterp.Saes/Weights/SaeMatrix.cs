using FeatureInterp.Tensors;

namespace FeatureInterp.Saes;

/// <summary>
/// A matrix between d values and f features as it lies in its file, in the file's type and orientation, with a factor that belongs
/// to it: M = scale · file.
/// </summary>
/// <param name="Weight">[d, f] or [f, d]; of several decoders that are summed, [f, part, d].</param>
/// <param name="FeaturesFirst">Whether a feature's values lie together: [f, d] or [f, part, d].</param>
/// <param name="Scale">What the file's numbers are multiplied with.</param>
internal sealed record SaeMatrix(Weight Weight, bool FeaturesFirst, float Scale = 1)
{
    /// <summary>d.</summary>
    public int Width => FeaturesFirst ? Weight.RowLength / Parts : Weight.RowCount;

    // The decoders that are summed when a feature is read, so that theirs is the only copy.
    private int Parts => Weight.Shape.Length == 3 ? (int)Weight.Shape[1] : 1;

    /// <summary>f.</summary>
    public int Features => FeaturesFirst ? Weight.RowCount : Weight.RowLength;

    /// <summary>y = x·M for every feature.</summary>
    /// <param name="x">[token, d]</param>
    /// <param name="y">[token, f]</param>
    public void Encode(Tensor x, Tensor y)
    {
        if (FeaturesFirst)
            Kernels.Linear(x.Span, Weight, y.Span);
        else
            Kernels.MatMul(x.Span, Weight, y.Span);
        ScaleAll(y);
    }

    /// <summary>y = x·M for some features; reads only their columns.</summary>
    /// <param name="x">[token, d]</param>
    /// <param name="features">The features.</param>
    /// <param name="y">[token, features]</param>
    public void Encode(Tensor x, ReadOnlySpan<int> features, Tensor y)
    {
        if (!FeaturesFirst)
        {
            Kernels.MatMulColumns(x.Span, Weight, features, y.Span);
        }
        else
        {
            var one = Tensor.Uninitialized(x.Shape[0], 1);
            for (var i = 0; i < features.Length; i++)
            {
                Kernels.Linear(x.Span, Weight.Rows(features[i], 1), one.Span);
                for (var t = 0; t < x.Shape[0]; t++)
                    y[t, i] = one.Span[t];
            }
        }

        ScaleAll(y);
    }

    /// <summary>y += value · M[feature].</summary>
    /// <param name="feature">The feature.</param>
    /// <param name="value">Its activation.</param>
    /// <param name="y">[d]</param>
    public void Add(int feature, float value, Span<float> y)
    {
        if (FeaturesFirst && Parts == 1)
        {
            Kernels.AddScaledRow(Weight, feature, value * Scale, y);
            return;
        }

        var direction = new float[y.Length];
        Copy(feature, direction);
        TensorPrimitives.MultiplyAdd(direction, value, y, y);
    }

    /// <summary>A feature's values, [d].</summary>
    /// <param name="feature">The feature.</param>
    /// <param name="values">Receives them.</param>
    public void Copy(int feature, Span<float> values)
    {
        if (Parts > 1)
        {
            SumParts(feature, values);
        }
        else if (FeaturesFirst)
        {
            Weight.CopyRow(feature, values);
        }
        else
        {
            // One at a time from each row: the matrix times a one-hot row would read all of it.
            var unit = Tensor.Zeros(values.Length, values.Length);
            for (var i = 0; i < values.Length; i++)
                unit[i, i] = 1;
            Kernels.MatMulColumns(unit.Span, Weight, [feature], values);
        }

        if (Scale != 1)
            TensorPrimitives.Multiply(values, Scale, values);
    }

    private void SumParts(int feature, Span<float> values)
    {
        var parts = new float[Weight.RowLength];                        // [part, d]
        Weight.CopyRow(feature, parts);
        values.Clear();
        for (var p = 0; p < Parts; p++)
            TensorPrimitives.Add(values, parts.AsSpan(p * values.Length, values.Length), values);
    }

    private void ScaleAll(Tensor y)
    {
        if (Scale != 1)
            TensorPrimitives.Multiply(y.Span, Scale, y.Span);
    }
}
