namespace FeatureInterp.Tensors;

internal static partial class Reference
{
    public static void GeluTanhGradient(ReadOnlySpan<float> x, ReadOnlySpan<float> g, Span<float> y)
    {
        for (var i = 0; i < x.Length; i++)
            y[i] = (float)(g[i] * Slope(x[i]));

        // With s = ½(1 + tanh u), of which gelu is x·s: s + x·ds/dx, ds/dx = 2u′·s(1 − s).
        static double Slope(double x)
        {
            if (double.IsInfinity(x))
                return x > 0 ? 1 : 0;
            var a = Math.Sqrt(2 / Math.PI);
            var tanh = Math.Tanh(a * (x + 0.044715 * x * x * x));
            return 0.5 * (1 + tanh) + 0.5 * x * (1 - tanh * tanh) * a * (1 + 3 * 0.044715 * x * x);
        }
    }

    public static void GeluErfGradient(ReadOnlySpan<float> x, ReadOnlySpan<float> g, Span<float> y)
    {
        for (var i = 0; i < x.Length; i++)
            y[i] = (float)(g[i] * Slope(x[i]));

        static double Slope(double x) => double.IsInfinity(x)
            ? x > 0 ? 1 : 0
            : Erfc(-x / Math.Sqrt(2)) / 2 + x * Math.Exp(-x * x / 2) / Math.Sqrt(2 * Math.PI);
    }

    public static void SiluGradient(ReadOnlySpan<float> x, ReadOnlySpan<float> g, Span<float> y)
    {
        for (var i = 0; i < x.Length; i++)
            y[i] = (float)(g[i] * Slope(x[i]));

        static double Slope(double x)
        {
            if (double.IsInfinity(x))
                return x > 0 ? 1 : 0;
            var sigmoid = 1 / (1 + Math.Exp(-x));
            return sigmoid + x * sigmoid / (1 + Math.Exp(x));
        }
    }

    public static void NormGradient(ReadOnlySpan<float> x, ReadOnlySpan<float> g, int length, bool isCentred, float eps, Span<float> y)
    {
        for (var start = 0; start < x.Length; start += length)
        {
            double mean = 0, meanG = 0, square = 0, dot = 0;
            for (var i = start; i < start + length && isCentred; i++)
            {
                mean += x[i] / (double)length;
                meanG += g[i] / (double)length;
            }

            for (var i = start; i < start + length; i++)
                square += (x[i] - mean) * (x[i] - mean) / length;
            var scale = Math.Sqrt(square + eps);
            for (var i = start; i < start + length; i++)
                dot += g[i] * (x[i] - mean) / scale / length;
            for (var i = start; i < start + length; i++)
                y[i] = (float)((g[i] - meanG - (x[i] - mean) / scale * dot) / scale);
        }
    }

    public static void AttentionGradient(
        ReadOnlySpan<float> q, ReadOnlySpan<float> k, ReadOnlySpan<float> v, ReadOnlySpan<float> g, AttentionShape shape, Span<float> dq, Span<float> dk, Span<float> dv)
    {
        var d = shape.HeadDim;
        double[] sumQ = new double[dq.Length], sumK = new double[dk.Length], sumV = new double[dv.Length], pattern = new double[shape.Keys], slopes = new double[shape.Keys];
        for (var h = 0; h < shape.Heads; h++)
        {
            for (var i = 0; i < shape.Queries; i++)
            {
                int query = (i * shape.Heads + h) * d, first = shape.FirstKey(i), end = shape.EndKey(i);
                double max = double.NegativeInfinity, total = 0, mean = 0;
                for (var j = first; j < end; j++)
                {
                    var score = Dot(q, query, k, Key(j, h), d) * shape.Scale;
                    slopes[j] = shape.Scale;
                    if (shape.SoftCap > 0)
                    {
                        var tanh = Math.Tanh(score / shape.SoftCap);
                        score = shape.SoftCap * tanh;
                        slopes[j] *= 1 - tanh * tanh;
                    }

                    pattern[j] = score;
                    max = Math.Max(max, score);
                }

                for (var j = first; j < end; j++)
                    total += pattern[j] = Math.Exp(pattern[j] - max);
                for (var j = first; j < end; j++)
                {
                    pattern[j] /= total;
                    mean += pattern[j] * Dot(g, query, v, Key(j, h), d);
                }

                for (var j = first; j < end; j++)
                {
                    var slope = slopes[j] * pattern[j] * (Dot(g, query, v, Key(j, h), d) - mean);
                    for (var p = 0; p < d; p++)
                    {
                        sumQ[query + p] += slope * k[Key(j, h) + p];
                        sumK[Key(j, h) + p] += slope * q[query + p];
                        sumV[Key(j, h) + p] += pattern[j] * g[query + p];
                    }
                }
            }
        }

        Round(sumQ, dq);
        Round(sumK, dk);
        Round(sumV, dv);

        int Key(int key, int head) => (key * shape.KeyValueHeads + shape.KeyValueHead(head)) * d;
    }

    private static double Dot(ReadOnlySpan<float> a, int startA, ReadOnlySpan<float> b, int startB, int length)
    {
        double sum = 0;
        for (var i = 0; i < length; i++)
            sum += (double)a[startA + i] * b[startB + i];
        return sum;
    }

    private static void Round(double[] from, Span<float> to)
    {
        for (var i = 0; i < from.Length; i++)
            to[i] = (float)from[i];
    }
}
