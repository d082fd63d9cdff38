using FeatureInterp.Tensors;

namespace FeatureInterp.Saes;

/// <summary>
/// A matrix between d values and f features as it lies in its file, in the file's type and orientation, with factors that belong
/// to it: M[·, feature] = scale · featureScales[feature] · file.
/// </summary>
/// <param name="Weight">[d, f] or [f, d]; of several decoders that are summed, [f, part, d].</param>
/// <param name="FeaturesFirst">Whether a feature's values lie together: [f, d] or [f, part, d].</param>
/// <param name="Scale">What the file's numbers are multiplied with.</param>
/// <param name="FeatureScales">What each feature's are multiplied with besides, [f]; null for nothing.</param>
internal sealed record SaeMatrix(Weight Weight, bool FeaturesFirst, float Scale = 1, Tensor? FeatureScales = null)
{
    /// <summary>d.</summary>
    public int Width => FeaturesFirst ? Weight.RowLength / Parts : Weight.RowCount;

    // The decoders that are summed when a feature is read, so that theirs is the only copy.
    private int Parts => Weight.Shape.Length == 3 ? (int)Weight.Shape[1] : 1;

    /// <summary>f.</summary>
    public int Features => FeaturesFirst ? Weight.RowCount : Weight.RowLength;

    /// <summary>This with every number multiplied by a factor.</summary>
    public SaeMatrix Times(float factor) => this with { Scale = Scale * factor };

    /// <summary>This with each feature's numbers multiplied by a factor of its own.</summary>
    /// <param name="factors">[f]</param>
    public SaeMatrix Times(Tensor factors)
    {
        var scales = factors.Clone();
        if (FeatureScales is { } before)
            TensorPrimitives.Multiply(scales.Span, before.Span, scales.Span);
        return this with { FeatureScales = scales };
    }

    /// <summary>What the file's numbers of a feature are multiplied with.</summary>
    public float ScaleOf(int feature) => FeatureScales is { } scales ? Scale * scales.Span[feature] : Scale;

    /// <summary>y = x·M for every feature.</summary>
    /// <param name="x">[token, d]</param>
    /// <param name="y">[token, f]</param>
    public void Encode(Tensor x, Tensor y)
    {
        if (FeaturesFirst)
            TokenLinear.Apply(x, Weight, y);
        else
            Kernels.MatMul(x.Span, Weight, y.Span);
        if (Scale != 1)
            TensorPrimitives.Multiply(y.Span, Scale, y.Span);
        if (FeatureScales is { } scales && y.Length > 0)
            Kernels.ScaleRows(y.Span, scales.Span, [], y.Span);
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

        for (var t = 0; t < y.Shape[0]; t++)
        {
            var row = y.Row(t);
            for (var i = 0; i < row.Length; i++)
                row[i] *= ScaleOf(features[i]);
        }
    }

    /// <summary>x = y·Mᵀ with every feature taking part; for features few of which are zero.</summary>
    /// <param name="y">[token, f]; features' own factors are multiplied into it.</param>
    /// <param name="x">[token, d]</param>
    public void DecodeDense(Tensor y, Tensor x)
    {
        if (FeatureScales is { } scales && y.Length > 0)
            Kernels.ScaleRows(y.Span, scales.Span, [], y.Span);
        if (FeaturesFirst)
            Kernels.MatMul(y.Span, Weight, x.Span);
        else
            Kernels.Linear(y.Span, Weight, x.Span);
        if (Scale != 1)
            TensorPrimitives.Multiply(x.Span, Scale, x.Span);
    }

    /// <summary>y += value · M[feature], where a feature's values lie together.</summary>
    /// <param name="feature">The feature.</param>
    /// <param name="value">Its activation.</param>
    /// <param name="y">[d]</param>
    public void Add(int feature, float value, Span<float> y)
    {
        if (FeaturesFirst && Parts == 1)
        {
            Kernels.AddScaledRow(Weight, feature, value * ScaleOf(feature), y);
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
        if (FeaturesFirst)
            CopyRow(feature, values);
        else
            Kernels.CopyColumns(Weight, [feature], values);
        if (ScaleOf(feature) is var scale && scale != 1)
            TensorPrimitives.Multiply(values, scale, values);
    }

    /// <summary>‖M[feature]‖ for every feature, [f]; reads the whole matrix.</summary>
    public Tensor Norms()
    {
        const int AtOnce = 64;
        var norms = Tensor.Uninitialized(Features);
        Workers.Run((Features + AtOnce - 1) / AtOnce, chunk =>
        {
            var first = chunk * AtOnce;
            var features = Enumerable.Range(first, Math.Min(AtOnce, Features - first)).ToArray();
            var rows = Tensor.Uninitialized(features.Length, Width);
            if (FeaturesFirst)
            {
                for (var i = 0; i < features.Length; i++)
                    CopyRow(features[i], rows.Row(i));
            }
            else
            {
                Kernels.CopyColumns(Weight, features, rows.Span);
            }

            for (var i = 0; i < features.Length; i++)
                norms.Span[features[i]] = Norm(rows.Row(i)) * MathF.Abs(ScaleOf(features[i]));
        });
        return norms;
    }

    // A row of the file; of several decoders, their sum.
    private void CopyRow(int feature, Span<float> values)
    {
        if (Parts == 1)
        {
            Weight.CopyRow(feature, values);
            return;
        }

        var parts = new float[Weight.RowLength];                        // [part, d]
        Weight.CopyRow(feature, parts);
        values.Clear();
        for (var p = 0; p < Parts; p++)
            TensorPrimitives.Add(values, parts.AsSpan(p * values.Length, values.Length), values);
    }

    private static float Norm(ReadOnlySpan<float> values)
    {
        double sum = 0;
        foreach (var value in values)
            sum += (double)value * value;
        return (float)Math.Sqrt(sum);
    }
}
