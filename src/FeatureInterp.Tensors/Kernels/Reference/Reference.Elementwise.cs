namespace FeatureInterp.Tensors;

internal static partial class Reference
{
    public static void Exp(ReadOnlySpan<float> x, Span<float> y)
    {
        for (var i = 0; i < x.Length; i++)
            y[i] = (float)Math.Exp(x[i]);
    }

    public static void Add(ReadOnlySpan<float> a, ReadOnlySpan<float> b, Span<float> y)
    {
        for (var i = 0; i < a.Length; i++)
            y[i] = (float)((double)a[i] + b[i]);
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

    public static void GeluErf(ReadOnlySpan<float> x, Span<float> y)
    {
        for (var i = 0; i < x.Length; i++)
            y[i] = (float)GeluErf(x[i]);
    }

    public static void GeluErfMul(ReadOnlySpan<float> gate, ReadOnlySpan<float> up, Span<float> y)
    {
        for (var i = 0; i < gate.Length; i++)
            y[i] = (float)(GeluErf(gate[i]) * up[i]);
    }

    public static void SiluMul(ReadOnlySpan<float> gate, ReadOnlySpan<float> up, Span<float> y)
    {
        for (var i = 0; i < gate.Length; i++)
            y[i] = (float)((float.IsNegativeInfinity(gate[i]) ? -0.0 : gate[i] / (1 + Math.Exp(-(double)gate[i]))) * up[i]);
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

    private static double GeluErf(double x) => double.IsNegativeInfinity(x) ? -0.0 : x * Erfc(-x / Math.Sqrt(2)) / 2;

    // erfc by its definition's series where that does not cancel, by its continued fraction beyond (Abramowitz and Stegun 7.1.5, 7.1.14).
    private static double Erfc(double x)
    {
        if (x < 0)
            return 2 - Erfc(-x);
        if (double.IsNaN(x) || x > 27)
            return double.IsNaN(x) ? x : 0;
        if (x < 2)
        {
            double term = x, sum = x;
            for (var n = 1; Math.Abs(term) > 1e-18 * sum; n++)
            {
                term *= -x * x / n;
                sum += term / (2 * n + 1);
            }

            return 1 - 2 / Math.Sqrt(Math.PI) * sum;
        }

        double fraction = 0;
        for (var k = 120; k > 0; k--)
            fraction = k / 2.0 / (x + fraction);
        return Math.Exp(-x * x) / Math.Sqrt(Math.PI) / (x + fraction);
    }
}
