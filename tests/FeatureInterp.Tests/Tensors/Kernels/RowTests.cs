using FeatureInterp.Tensors;

namespace FeatureInterp.Tests.Tensors;

public class RowTests
{
    private static readonly int[] Lengths = [.. KernelCases.Lengths.Where(l => l > 0), 4095, 4096, 4097, 9001];

    // x − max is rounded to fp32, so exp of it is off by up to |x − max| · 6e-8 beside its own error.
    private const double SoftmaxError = 5e-6;

    public static TheoryData<string> SoftmaxRows => KernelCases.Of("softmax_rows");

    public static TheoryData<string> Softmax => KernelCases.Of("softmax");

    public static TheoryData<string> LogSumExp => KernelCases.Of("log_sum_exp");

    public static TheoryData<string> RmsNorm => KernelCases.Of("rms_norm");

    public static TheoryData<string> RmsScale => KernelCases.Of("rms_scale");

    public static TheoryData<string> LayerNorm => KernelCases.Of("layer_norm");

    public static TheoryData<string> Rope => KernelCases.Of("rope");

    [Theory, MemberData(nameof(SoftmaxRows))]
    public void SoftmaxRows_AnyLength_MatchesTwin(string variant)
    {
        foreach (var length in Lengths)
        {
            var rows = new Guarded(KernelCases.Floats(3 * length, seed: length, scale: 12));
            rows.Span[0] = float.NegativeInfinity;
            rows.Span.Slice(length, length).Fill(float.NegativeInfinity);
            var wanted = rows.Span.ToArray();
            KernelCases.Twin<SoftmaxRowsKernel>("softmax_rows")(wanted, length);
            KernelCases.Get<SoftmaxRowsKernel>("softmax_rows", variant)(rows.Span, length);
            rows.Check();
            KernelCases.AssertClose(wanted, rows.Span, SoftmaxError, 1e-37, $"length {length}");
        }
    }

    [Theory, MemberData(nameof(SoftmaxRows))]
    public void SoftmaxRows_ManyRowsOnTheWorkers_MatchesTwin(string variant)
    {
        var rows = new Guarded(KernelCases.Floats(700 * 131, seed: 1, scale: 5));
        var wanted = rows.Span.ToArray();
        KernelCases.Twin<SoftmaxRowsKernel>("softmax_rows")(wanted, 131);
        KernelCases.Get<SoftmaxRowsKernel>("softmax_rows", variant)(rows.Span, 131);
        rows.Check();
        KernelCases.AssertClose(wanted, rows.Span, SoftmaxError, 1e-37, "700 rows");
    }

    [Theory, MemberData(nameof(Softmax))]
    public void Softmax_InPlaceOrNot_MatchesTwin(string variant)
    {
        var kernel = KernelCases.Get<UnaryKernel>("softmax", variant);
        foreach (var length in Lengths)
        {
            Guarded x = new(KernelCases.Floats(length, seed: length, scale: 30)), y = new(length);
            var wanted = new float[length];
            KernelCases.Twin<UnaryKernel>("softmax")(x.Span, wanted);
            kernel(x.Span, y.Span);
            KernelCases.AssertClose(wanted, y.Span, SoftmaxError, 1e-37, $"length {length}");
            kernel(x.Span, x.Span);
            KernelCases.AssertSameBits(y.Span, x.Span, "in place");
            x.Check();
            y.Check();
        }
    }

    [Theory, MemberData(nameof(Softmax))]
    public void Softmax_NaNOrInfinity_GivesNaN(string variant)
    {
        var kernel = KernelCases.Get<UnaryKernel>("softmax", variant);
        foreach (var length in new[] { 1, 2, 17, 40 })
        {
            for (var place = 0; place < length; place++)
            {
                foreach (var odd in new[] { float.NaN, float.PositiveInfinity })
                {
                    foreach (var rest in new[] { 1f, float.NegativeInfinity })
                    {
                        var x = new float[length];
                        x.AsSpan().Fill(rest);
                        x[place] = odd;
                        kernel(x, x);
                        Assert.True(float.IsNaN(x[place]), $"{odd} at {place} of {length}");
                    }
                }
            }
        }
    }

    [Theory, MemberData(nameof(LogSumExp))]
    public void LogSumExp_AnyLength_MatchesTwin(string variant)
    {
        var kernel = KernelCases.Get<ReduceKernel>("log_sum_exp", variant);
        foreach (var length in Lengths)
        {
            var x = new Guarded(KernelCases.Floats(length, seed: length, scale: 20));
            KernelCases.AssertClose([KernelCases.Twin<ReduceKernel>("log_sum_exp")(x.Span)], [kernel(x.Span)], 3e-7, 1e-6, $"length {length}");
        }

        Assert.Equal(float.NegativeInfinity, kernel([float.NegativeInfinity, float.NegativeInfinity]));
        Assert.Equal(float.PositiveInfinity, kernel([0, float.PositiveInfinity]));
        Assert.True(float.IsNaN(kernel([float.NegativeInfinity, float.NaN])));
        Assert.True(float.IsNaN(kernel([float.NaN, float.PositiveInfinity])));
    }

    [Fact]
    public void LogSumExp_Nothing_IsMinusInfinity() => Assert.Equal(float.NegativeInfinity, Kernels.LogSumExp([]));

    [Theory, MemberData(nameof(RmsNorm))]
    public void RmsNorm_AnyLength_MatchesTwin(string variant)
    {
        foreach (var length in Lengths)
        {
            Guarded x = new(KernelCases.Floats(2 * length, seed: length, scale: 3)), gain = new(KernelCases.Floats(length, seed: 8));
            var wanted = new float[2 * length];
            KernelCases.Twin<RmsNormKernel>("rms_norm")(x.Span, gain.Span, 1e-6f, wanted);
            KernelCases.Get<RmsNormKernel>("rms_norm", variant)(x.Span, gain.Span, 1e-6f, x.Span);
            x.Check();
            KernelCases.AssertClose(wanted, x.Span, 1e-6, 0, $"length {length}");
        }
    }

    [Theory, MemberData(nameof(RmsScale))]
    public void RmsScale_AnyLength_MatchesTwin(string variant)
    {
        foreach (var length in Lengths)
        {
            Guarded x = new(KernelCases.Floats(3 * length, seed: length, scale: 3)), scales = new(3);
            x.Span[..length].Clear();
            var wanted = new float[3];
            KernelCases.Twin<RmsScaleKernel>("rms_scale")(x.Span, length, 1e-5f, wanted);
            KernelCases.Get<RmsScaleKernel>("rms_scale", variant)(x.Span, length, 1e-5f, scales.Span);
            scales.Check();
            KernelCases.AssertClose(wanted, scales.Span, 1e-6, 0, $"length {length}");
        }
    }

    [Theory, MemberData(nameof(LayerNorm))]
    public void LayerNorm_AnyLength_MatchesTwin(string variant)
    {
        foreach (var length in Lengths)
        {
            Guarded x = new(KernelCases.Floats(2 * length, seed: length, scale: 3)), gain = new(KernelCases.Floats(length, seed: 8)), bias = new(KernelCases.Floats(length, seed: 9));
            foreach (ref var value in x.Span)
                value += 1;
            var wanted = new float[2 * length];
            KernelCases.Twin<LayerNormKernel>("layer_norm")(x.Span, gain.Span, bias.Span, 1e-5f, wanted);
            KernelCases.Get<LayerNormKernel>("layer_norm", variant)(x.Span, gain.Span, bias.Span, 1e-5f, x.Span);
            x.Check();
            KernelCases.AssertClose(wanted, x.Span, 1e-6, 3e-6, $"length {length}");
        }
    }

    [Theory, MemberData(nameof(Rope))]
    public void Rope_AnyHeadSize_MatchesTwin(string variant)
    {
        foreach (var half in KernelCases.Lengths.Where(l => l > 0))
        {
            const int Positions = 3, Heads = 2;
            var x = new Guarded(KernelCases.Floats(Positions * Heads * 2 * half, seed: half));
            Guarded cos = new(KernelCases.Floats(Positions * half, seed: 4)), sin = new(KernelCases.Floats(Positions * half, seed: 5));
            var wanted = x.Span.ToArray();
            KernelCases.Twin<RopeKernel>("rope")(wanted, Heads, 2 * half, cos.Span, sin.Span);
            KernelCases.Get<RopeKernel>("rope", variant)(x.Span, Heads, 2 * half, cos.Span, sin.Span);
            x.Check();
            KernelCases.AssertClose(wanted, x.Span, 0, 2e-7, $"half {half}");
        }
    }

    [Theory, MemberData(nameof(Rope))]
    public void Rope_PartOfAHead_LeavesTheRest(string variant)
    {
        const int Positions = 3, Heads = 2, HeadDim = 50, Half = 19;
        var x = KernelCases.Floats(Positions * Heads * HeadDim, seed: 1);
        float[] cos = KernelCases.Floats(Positions * Half, seed: 4), sin = KernelCases.Floats(Positions * Half, seed: 5);
        var found = (float[])x.Clone();
        KernelCases.Get<RopeKernel>("rope", variant)(found, Heads, HeadDim, cos, sin);
        for (var i = 0; i < x.Length; i++)
        {
            int at = i % HeadDim, position = i / HeadDim / Heads, pair = at % Half;
            double wanted = at < Half ? (double)x[i] * cos[position * Half + pair] - (double)x[i + Half] * sin[position * Half + pair]
                : at < 2 * Half ? (double)x[i] * cos[position * Half + pair] + (double)x[i - Half] * sin[position * Half + pair]
                : x[i];
            Assert.Equal(wanted, found[i], 1e-6);
        }
    }
}
