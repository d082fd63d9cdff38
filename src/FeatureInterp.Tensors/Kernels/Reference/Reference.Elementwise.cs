namespace FeatureInterp.Tensors;

internal static partial class Reference
{
    public static void Exp(ReadOnlySpan<float> x, Span<float> y)
    {
        for (var i = 0; i < x.Length; i++)
            y[i] = (float)Math.Exp(x[i]);
    }

    public static void GeluTanh(ReadOnlySpan<float> x, Span<float> y)
    {
        for (var i = 0; i < x.Length; i++)
            y[i] = (float)GeluTanh(x[i]);
    }

    public static void GeluTanhMul(ReadOnlySpan<float> gate, ReadOnlySpan<float> up, Span<float> y)
    {
        for (var i = 0; i < gate.Length; i++)
            y[i] = (float)(GeluTanh(gate[i]) * up[i]);
    }

    public static void SoftCap(ReadOnlySpan<float> x, float cap, Span<float> y)
    {
        for (var i = 0; i < x.Length; i++)
            y[i] = (float)(cap * Math.Tanh((double)x[i] / cap));
    }

    public static void TopK(ReadOnlySpan<float> x, Span<int> indices, Span<float> values)
    {
        var order = new int[x.Length];
        for (var i = 0; i < order.Length; i++)
            order[i] = i;
        var keys = x.ToArray();
        // NaN compares below every number, so negating the comparison puts it last.
        Array.Sort(order, (a, b) => keys[a].CompareTo(keys[b]) is var c and not 0 ? -c : a.CompareTo(b));
        for (var i = 0; i < indices.Length; i++)
        {
            indices[i] = order[i];
            values[i] = x[order[i]];
        }
    }

    // Written as 0.5x(1+tanh u) = x / (1 + exp(−2u)), which does not cancel for negative x; at −∞ the limit, −0.
    private static double GeluTanh(double x)
    {
        if (double.IsNegativeInfinity(x))
            return -0.0;
        var u = Math.Sqrt(2 / Math.PI) * (x + 0.044715 * x * x * x);
        return x / (1 + Math.Exp(-2 * u));
    }
}
