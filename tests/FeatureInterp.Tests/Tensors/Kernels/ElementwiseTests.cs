using FeatureInterp.Tensors;

namespace FeatureInterp.Tests.Tensors;

public class ElementwiseTests
{
    private static readonly float[] Odd = [float.NaN, float.PositiveInfinity, float.NegativeInfinity, 0f, -0f, float.MaxValue, float.MinValue, float.Epsilon, -1e-40f];

    public static TheoryData<string> Exp => KernelCases.Of("exp");

    public static TheoryData<string> GeluTanh => KernelCases.Of("gelu_tanh");

    public static TheoryData<string> GeluTanhMul => KernelCases.Of("gelu_tanh_mul");

    public static TheoryData<string> GeluErf => KernelCases.Of("gelu_erf");

    public static TheoryData<string> GeluErfMul => KernelCases.Of("gelu_erf_mul");

    public static TheoryData<string> SiluMul => KernelCases.Of("silu_mul");

    public static TheoryData<string> SoftCap => KernelCases.Of("soft_cap");

    [Theory, MemberData(nameof(Exp))]
    public void Exp_WholeRange_IsWithinTwoUnits(string variant)
    {
        var x = Range(-120, 100, 200_000);
        AssertMatchesTwin("exp", variant, x, 2.4e-7, 1.5e-45);
    }

    [Theory, MemberData(nameof(GeluTanh))]
    public void GeluTanh_WholeRange_MatchesTwin(string variant)
    {
        AssertMatchesTwin("gelu_tanh", variant, Range(-20, 20, 100_000), 1e-6, 3e-7);
        AssertMatchesTwin("gelu_tanh", variant, Range(-1e-3f, 1e-3f, 1_000), 1e-6, 0);
    }

    [Theory, MemberData(nameof(GeluErf))]
    public void GeluErf_WholeRange_MatchesTwin(string variant)
    {
        AssertMatchesTwin("gelu_erf", variant, Range(-20, 20, 100_000), 1e-6, 3e-7);
        AssertMatchesTwin("gelu_erf", variant, Range(-5, 0, 10_000), 3e-6, 0);
        AssertMatchesTwin("gelu_erf", variant, Range(-1e-3f, 1e-3f, 1_000), 1e-6, 0);
    }

    // Φ(1) and Φ(−2) from a table of the normal distribution (Abramowitz and Stegun, table 26.1).
    [Theory, MemberData(nameof(GeluErf))]
    public void GeluErf_TabulatedPoints_AreXTimesPhi(string variant)
    {
        float[] x = [0, 1, -2], found = new float[3];
        KernelCases.Get<UnaryKernel>("gelu_erf", variant)(x, found);
        Assert.Equal(0, found[0]);
        Assert.Equal(0.8413447461, found[1], 2e-7);
        Assert.Equal(-2 * 0.0227501319, found[2], 2e-7);
    }

    [Theory, MemberData(nameof(SoftCap))]
    public void SoftCap_WholeRange_MatchesTwinRelativelyToo(string variant)
    {
        foreach (var cap in new[] { 1f, 30f, 50f })
        {
            foreach (var range in new[] { 1e-6f, 0.1f, 3f, 40f, 1000f })
            {
                float[] x = [.. Range(-range, range, 20_001), .. Odd], wanted = new float[x.Length], found = new float[x.Length];
                KernelCases.Twin<SoftCapKernel>("soft_cap")(x, cap, wanted);
                KernelCases.Get<SoftCapKernel>("soft_cap", variant)(x, cap, found);

                // Of a subnormal x, x / cap has few bits left.
                KernelCases.AssertClose(wanted, found, 4e-7, 1e-45 * cap, $"cap {cap} of ±{range}");
            }
        }
    }

    [Theory, MemberData(nameof(Exp))]
    public void Exp_AnyLengthAndPlace_IsTheSame(string variant) => IsTheSameAnywhere(KernelCases.Get<UnaryKernel>("exp", variant));

    [Theory, MemberData(nameof(GeluTanh))]
    public void GeluTanh_AnyLengthAndPlace_IsTheSame(string variant) => IsTheSameAnywhere(KernelCases.Get<UnaryKernel>("gelu_tanh", variant));

    [Theory, MemberData(nameof(SoftCap))]
    public void SoftCap_AnyLengthAndPlace_IsTheSame(string variant)
    {
        var kernel = KernelCases.Get<SoftCapKernel>("soft_cap", variant);
        IsTheSameAnywhere((x, y) => kernel(x, 2.5f, y));
    }

    [Theory, MemberData(nameof(GeluErf))]
    public void GeluErf_AnyLengthAndPlace_IsTheSame(string variant) => IsTheSameAnywhere(KernelCases.Get<UnaryKernel>("gelu_erf", variant));

    [Theory, MemberData(nameof(GeluTanhMul))]
    public void GeluTanhMul_AnyLength_IsGeluTimesUp(string variant) => IsGateTimesUp("gelu_tanh_mul", variant);

    [Theory, MemberData(nameof(GeluErfMul))]
    public void GeluErfMul_AnyLength_IsGeluTimesUp(string variant) => IsGateTimesUp("gelu_erf_mul", variant);

    [Theory, MemberData(nameof(SiluMul))]
    public void SiluMul_AnyLength_IsSiluTimesUp(string variant) => IsGateTimesUp("silu_mul", variant);

    [Theory, MemberData(nameof(SiluMul))]
    public void SiluMul_WholeRange_MatchesTwin(string variant)
    {
        float[] x = [.. Range(-120, 120, 100_000), .. Odd], one = new float[x.Length], wanted = new float[x.Length], found = new float[x.Length];
        Array.Fill(one, 1);
        KernelCases.Twin<BinaryKernel>("silu_mul")(x, one, wanted);
        KernelCases.Get<BinaryKernel>("silu_mul", variant)(x, one, found);
        KernelCases.AssertClose(wanted, found, 1e-6, 1e-36, "silu");
    }

    private static void IsGateTimesUp(string operation, string variant)
    {
        foreach (var length in KernelCases.Lengths)
        {
            Guarded gate = new(KernelCases.Floats(length, seed: length, scale: 6)), up = new(KernelCases.Floats(length, seed: 3));
            var wanted = new float[length];
            KernelCases.Twin<BinaryKernel>(operation)(gate.Span, up.Span, wanted);
            KernelCases.Get<BinaryKernel>(operation, variant)(gate.Span, up.Span, up.Span);
            gate.Check();
            up.Check();
            KernelCases.AssertClose(wanted, up.Span, 1e-6, 3e-7, $"length {length}");
        }
    }

    private static float[] Range(float from, float to, int count)
    {
        var values = new float[count];
        for (var i = 0; i < count; i++)
            values[i] = from + (to - from) * i / count;
        return values;
    }

    private static void AssertMatchesTwin(string operation, string variant, float[] x, double relative, double absolute)
    {
        float[] all = [.. x, .. Odd], wanted = new float[all.Length], found = new float[all.Length];
        KernelCases.Twin<UnaryKernel>(operation)(all, wanted);
        KernelCases.Get<UnaryKernel>(operation, variant)(all, found);
        KernelCases.AssertClose(wanted, found, relative, absolute, operation);
    }

    // Every length, in place and not, and long enough for the workers: one number always gives one result.
    private static void IsTheSameAnywhere(UnaryKernel kernel)
    {
        var source = KernelCases.Floats(100_000, seed: 1, scale: 9);
        var wanted = new float[source.Length];
        kernel(source, wanted);
        foreach (var length in KernelCases.Lengths)
        {
            Guarded x = new(source.AsSpan(7, length)), y = new(length);
            kernel(x.Span, y.Span);
            KernelCases.AssertSameBits(wanted.AsSpan(7, length), y.Span, $"length {length}");
            kernel(x.Span, x.Span);
            KernelCases.AssertSameBits(y.Span, x.Span, "in place");
            x.Check();
            y.Check();
        }
    }
}
