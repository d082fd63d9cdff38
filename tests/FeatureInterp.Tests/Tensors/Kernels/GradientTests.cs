using FeatureInterp.Tensors;

namespace FeatureInterp.Tests.Tensors;

/// <summary>The gradient kernels against their twins, and the twins against differences of the forward kernels' own twins.</summary>
[Collection("workers")]
public class GradientTests
{
    private static readonly AttentionShape[] Shapes =
    [
        new(1, 1, 1, 1, 1, 1), new(1, 37, 4, 2, 64, 0.125f), new(5, 5, 2, 1, 8, 0.4f), new(7, 31, 3, 3, 17, 0.3f, SoftCap: 5), new(13, 64, 4, 2, 33, 0.2f, Window: 1),
        new(100, 100, 4, 2, 16, 0.25f, SoftCap: 3, Window: 32), new(97, 230, 2, 2, 40, 0.15f, Window: 70), new(130, 130, 2, 1, 64, 0.125f), new(64, 64, 1, 1, 12, 0.5f),
    ];

    private static readonly Dictionary<string, Func<double, double>> Functions = new(StringComparer.Ordinal)
    {
        ["gelu_tanh_gradient"] = TwinMaths.GeluTanh,
        ["gelu_erf_gradient"] = TwinMaths.GeluErf,
        ["silu_gradient"] = TwinMaths.Silu,
    };

    public static TheoryData<string, string> Elementwise()
    {
        var cases = new TheoryData<string, string>();
        foreach (var operation in Functions.Keys)
        {
            foreach (var variant in KernelRegistry.Variants.Where(v => v.Operation == operation && v.IsSupported))
                cases.Add(operation, variant.Name);
        }

        return cases;
    }

    public static TheoryData<string> Operations => [.. Functions.Keys];

    public static TheoryData<string> Norm => KernelCases.Of("norm_gradient");

    public static TheoryData<string> Attention => KernelCases.Of("attention_gradient");

    [Theory, MemberData(nameof(Operations))]
    public void Slope_OfTheTwin_IsTheDifferenceQuotientOfTheFunction(string operation)
    {
        const double Step = 1e-4;
        float[] x = Range(-6, 6, 601), one = Ones(x.Length), found = new float[x.Length];
        KernelCases.Twin<BinaryKernel>(operation)(x, one, found);
        for (var i = 0; i < x.Length; i++)
            Assert.Equal((Functions[operation](x[i] + Step) - Functions[operation](x[i] - Step)) / (2 * Step), found[i], 3e-7);
    }

    [Theory, MemberData(nameof(Elementwise))]
    public void Slope_WholeRange_MatchesTwin(string operation, string variant)
    {
        float[] x = [.. Range(-120, 120, 100_000), .. Range(-6, 6, 10_000), float.PositiveInfinity, float.NegativeInfinity, float.MaxValue, float.MinValue, 0f, -0f, float.Epsilon];
        float[] one = Ones(x.Length), wanted = new float[x.Length], found = new float[x.Length];
        KernelCases.Twin<BinaryKernel>(operation)(x, one, wanted);
        KernelCases.Get<BinaryKernel>(operation, variant)(x, one, found);
        KernelCases.AssertClose(wanted, found, 0, 4e-7, operation);
    }

    [Theory, MemberData(nameof(Elementwise))]
    public void Slope_AnyLengthInPlaceOrNot_IsGradientTimesSlope(string operation, string variant)
    {
        var kernel = KernelCases.Get<BinaryKernel>(operation, variant);
        foreach (var length in KernelCases.Lengths)
        {
            Guarded x = new(KernelCases.Floats(length, seed: length, scale: 6)), g = new(KernelCases.Floats(length, seed: 3)), y = new(length);
            var wanted = new float[length];
            KernelCases.Twin<BinaryKernel>(operation)(x.Span, g.Span, wanted);
            kernel(x.Span, g.Span, y.Span);
            KernelCases.AssertClose(wanted, y.Span, 0, 1e-6, $"length {length}");
            kernel(x.Span, g.Span, g.Span);
            KernelCases.AssertSameBits(y.Span, g.Span, "over the gradient");
            x.Check();
            g.Check();
            y.Check();
        }
    }

    [Theory, MemberData(nameof(Norm))]
    public void NormGradient_AnyLength_MatchesTwin(string variant)
    {
        foreach (var length in KernelCases.Lengths.Where(l => l > 0))
        {
            foreach (var isCentred in new[] { true, false })
            {
                Guarded x = new(KernelCases.Floats(3 * length, seed: length, scale: 3)), g = new(KernelCases.Floats(3 * length, seed: 5)), y = new(3 * length);
                x.Span[..length].Clear();
                var wanted = new float[3 * length];
                KernelCases.Twin<NormGradientKernel>("norm_gradient")(x.Span, g.Span, length, isCentred, 1e-2f, wanted);
                var kernel = KernelCases.Get<NormGradientKernel>("norm_gradient", variant);
                kernel(x.Span, g.Span, length, isCentred, 1e-2f, y.Span);
                KernelCases.AssertClose(wanted, y.Span, 2e-5, 2e-5, $"length {length}, centred {isCentred}");
                kernel(x.Span, g.Span, length, isCentred, 1e-2f, g.Span);
                KernelCases.AssertSameBits(y.Span, g.Span, "over the gradient");
                x.Check();
                g.Check();
                y.Check();
            }
        }
    }

    [Theory, InlineData(true), InlineData(false)]
    public void NormGradient_OfTheTwin_IsTheDifferenceQuotientOfTheNorm(bool isCentred)
    {
        const int Length = 7;
        const float Step = 1e-2f;
        float[] x = KernelCases.Floats(Length, seed: 1, scale: 2), g = KernelCases.Floats(Length, seed: 2), found = new float[Length];
        KernelCases.Twin<NormGradientKernel>("norm_gradient")(x, g, Length, isCentred, 0.1f, found);
        for (var i = 0; i < Length; i++)
            Assert.Equal(Quotient(x, i, Step, x => Norm(x, isCentred).Select((n, j) => n * g[j]).Sum()), found[i], 1e-4);

        static double[] Norm(float[] x, bool isCentred)
        {
            var mean = isCentred ? x.Average(v => (double)v) : 0;
            var scale = Math.Sqrt(x.Average(v => (v - mean) * (v - mean)) + 0.1f);
            return [.. x.Select(v => (v - mean) / scale)];
        }
    }

    [Theory, MemberData(nameof(Attention))]
    public void AttentionGradient_AnyShape_MatchesTwin(string variant)
    {
        foreach (var shape in Shapes)
        {
            foreach (var threads in new[] { 1, 2 })
            {
                using var _ = new WorkerCount(threads);
                var wanted = Run("reference", shape);
                var found = Run(variant, shape);
                KernelCases.AssertClose(wanted.Q, found.Q, 1e-5, 1e-5, $"dq {shape}");
                KernelCases.AssertClose(wanted.K, found.K, 1e-5, 2e-5, $"dk {shape}");
                KernelCases.AssertClose(wanted.V, found.V, 1e-5, 2e-5, $"dv {shape}");
            }
        }
    }

    // So many keys that fewer queries are taken at a time.
    [Theory, MemberData(nameof(Attention))]
    public void AttentionGradient_ManyKeys_MatchesTwin(string variant)
    {
        var shape = new AttentionShape(70, 60_000, 2, 1, 3, 0.3f);
        var (wanted, found) = (Run("reference", shape), Run(variant, shape));
        KernelCases.AssertClose(wanted.Q, found.Q, 1e-4, 1e-6, "dq");
        KernelCases.AssertClose(wanted.K, found.K, 1e-4, 1e-6, "dk");
        KernelCases.AssertClose(wanted.V, found.V, 1e-4, 1e-6, "dv");
    }

    [Fact]
    public void AttentionGradient_OfTheTwin_IsTheDifferenceQuotientOfAttention()
    {
        foreach (var shape in new[] { new AttentionShape(5, 7, 4, 2, 3, 0.7f, SoftCap: 2, Window: 3), new AttentionShape(6, 6, 2, 2, 4, 0.6f) })
        {
            var found = Run("reference", shape);
            var (q, k, v, g) = Inputs(shape);
            for (var i = 0; i < q.Length; i++)
                Assert.Equal(Quotient(q, i, 3e-2f, q => Attention(q, k, v)), found.Q[i], 2e-3);
            for (var i = 0; i < k.Length; i++)
                Assert.Equal(Quotient(k, i, 3e-2f, k => Attention(q, k, v)), found.K[i], 2e-3);
            for (var i = 0; i < v.Length; i++)
                Assert.Equal(Quotient(v, i, 3e-2f, v => Attention(q, k, v)), found.V[i], 2e-4);

            double Attention(float[] q, float[] k, float[] v)
            {
                var z = new float[shape.QueryLength];
                KernelCases.Twin<AttentionKernel>("attention")(q, k, v, shape, z);
                return z.Select((value, i) => (double)value * g[i]).Sum();
            }
        }
    }

    [Fact]
    public void AttentionGradient_ResultTooShort_IsNamed()
    {
        var shape = new AttentionShape(2, 2, 1, 1, 4, 1);
        var found = Assert.Throws<ArgumentException>(() => Kernels.AttentionGradient(new float[8], new float[8], new float[8], new float[8], shape, new float[8], new float[7], new float[8]));
        Assert.Contains("dk.Length is 7", found.Message, StringComparison.Ordinal);
    }

    private static (float[] Q, float[] K, float[] V) Run(string variant, AttentionShape shape)
    {
        var (q, k, v, g) = Inputs(shape);
        Guarded dq = new(shape.QueryLength), dk = new(shape.KeyLength), dv = new(shape.KeyLength);
        dk.Span.Clear();
        dv.Span.Clear();
        KernelCases.Get<AttentionGradientKernel>("attention_gradient", variant)(q, k, v, g, shape, dq.Span, dk.Span, dv.Span);
        dq.Check();
        dk.Check();
        dv.Check();
        return (dq.Span.ToArray(), dk.Span.ToArray(), dv.Span.ToArray());
    }

    private static (float[] Q, float[] K, float[] V, float[] G) Inputs(AttentionShape shape) =>
        (KernelCases.Floats(shape.QueryLength, seed: 1, scale: 2), KernelCases.Floats(shape.KeyLength, seed: 2), KernelCases.Floats(shape.KeyLength, seed: 3), KernelCases.Floats(shape.QueryLength, seed: 4));

    private static double Quotient(float[] x, int index, float step, Func<float[], double> of)
    {
        float[] up = [.. x], down = [.. x];
        up[index] += step;
        down[index] -= step;
        return (of(up) - of(down)) / ((double)up[index] - down[index]);
    }

    private static float[] Ones(int count)
    {
        var ones = new float[count];
        Array.Fill(ones, 1);
        return ones;
    }

    private static float[] Range(float from, float to, int count)
    {
        var values = new float[count];
        for (var i = 0; i < count; i++)
            values[i] = from + (to - from) * i / count;
        return values;
    }
}
