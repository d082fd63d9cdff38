namespace FeatureInterp.Tensors;

internal static partial class Reference
{
    public static int CollectAbove(ReadOnlySpan<float> x, ReadOnlySpan<float> floor, Span<int> indices, Span<float> values)
    {
        var found = 0;
        for (var i = 0; i < x.Length; i++)
        {
            if (x[i] > floor[i] || float.IsNaN(x[i]) || float.IsNaN(floor[i]))
            {
                values[found] = x[i];
                indices[found++] = i;
            }
        }

        return found;
    }
}
