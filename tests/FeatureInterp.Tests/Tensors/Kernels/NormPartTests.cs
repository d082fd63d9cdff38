using FeatureInterp.Tensors;

namespace FeatureInterp.Tests.Tensors;

/// <summary>The parts of a norm, the sums beside it, and that a norm in one pass is its parts bit for bit.</summary>
[Collection("workers")]
public class NormPartTests
{
    private static readonly int[] Lengths = [.. KernelCases.Lengths.Where(l => l > 0), 3000];

    public static TheoryData<string> CentreRows => KernelCases.Of("centre_rows");

    public static TheoryData<string> DivideRows => KernelCases.Of("divide_rows");

    public static TheoryData<string> ScaleRows => KernelCases.Of("scale_rows");

    public static TheoryData<string> AddToRows => KernelCases.Of("add_to_rows");

    public static TheoryData<string> Add => KernelCases.Of("add");

    public static TheoryData<string> Norms => KernelCases.Of("layer_norm");

    [Theory, MemberData(nameof(CentreRows))]
    public void CentreRows_AnyLength_MatchesTwin(string variant)
    {
        var (kernel, twin) = (KernelCases.Get<CentreKernel>("centre_rows", variant), KernelCases.Twin<CentreKernel>("centre_rows"));
        Check((x, _, _, y, length) => twin(x, length, y), (x, _, _, y, length) => kernel(x, length, y), 2e-6);
    }

    [Theory, MemberData(nameof(DivideRows))]
    public void DivideRows_AnyLength_MatchesTwin(string variant)
    {
        var (kernel, twin) = (KernelCases.Get<BinaryKernel>("divide_rows", variant), KernelCases.Twin<BinaryKernel>("divide_rows"));
        float[] scales = [0.3f, 7, 1e-3f];
        Check((x, _, _, y, _) => twin(x, scales, y), (x, _, _, y, _) => kernel(x, scales, y), 0);
    }

    [Theory, MemberData(nameof(ScaleRows))]
    public void ScaleRows_WithAndWithoutBias_MatchesTwin(string variant)
    {
        var (kernel, twin) = (KernelCases.Get<ScaleRowsKernel>("scale_rows", variant), KernelCases.Twin<ScaleRowsKernel>("scale_rows"));
        Check((x, gain, bias, y, _) => twin(x, gain, bias, y), (x, gain, bias, y, _) => kernel(x, gain, bias, y), 5e-7);
        Check((x, gain, _, y, _) => twin(x, gain, [], y), (x, gain, _, y, _) => kernel(x, gain, [], y), 0);
    }

    [Theory, MemberData(nameof(AddToRows))]
    public void AddToRows_AnyLength_MatchesTwin(string variant)
    {
        var (kernel, twin) = (KernelCases.Get<BinaryKernel>("add_to_rows", variant), KernelCases.Twin<BinaryKernel>("add_to_rows"));
        Check((x, _, bias, y, _) => twin(x, bias, y), (x, _, bias, y, _) => kernel(x, bias, y), 0);
    }

    [Theory, MemberData(nameof(Add))]
    public void Add_AnyLength_MatchesTwin(string variant)
    {
        var kernel = KernelCases.Get<BinaryKernel>("add", variant);
        foreach (var length in (int[])[.. Lengths, 70_001])
        {
            float[] a = KernelCases.Floats(length, seed: 1), b = KernelCases.Floats(length, seed: 2), wanted = new float[length];
            KernelCases.Twin<BinaryKernel>("add")(a, b, wanted);
            var y = new Guarded(length);
            kernel(a, b, y.Span);
            y.Check();
            KernelCases.AssertSameBits(wanted, y.Span, $"length {length}");
            kernel(a, b, a);
            KernelCases.AssertSameBits(wanted, a, $"in place, length {length}");
        }
    }

    // Looking at a run takes the parts, not looking the whole.
    [Theory, MemberData(nameof(Norms))]
    public void Norm_InOnePass_IsBitForBitItsParts(string variant)
    {
        foreach (var (rows, length) in new[] { (3, 1), (2, 17), (5, 64), (7, 576), (130, 777) })
        {
            foreach (var threads in new[] { 1, 2, 3 })
            {
                using var _ = new WorkerCount(threads);
                float[] x = KernelCases.Floats(rows * length, seed: length, scale: 3), gain = KernelCases.Floats(length, seed: 8), bias = KernelCases.Floats(length, seed: 9);
                float[] parts = new float[x.Length], scales = new float[rows], whole = new float[x.Length];
                void Parts(ReadOnlySpan<float> from, ReadOnlySpan<float> shift)
                {
                    KernelCases.Get<RmsScaleKernel>("rms_scale", variant)(from, length, 1e-5f, scales);
                    KernelCases.Get<BinaryKernel>("divide_rows", variant)(from, scales, parts);
                    KernelCases.Get<ScaleRowsKernel>("scale_rows", variant)(parts, gain, shift, parts);
                }

                Parts(x, []);
                KernelCases.Get<RmsNormKernel>("rms_norm", variant)(x, gain, 1e-5f, whole);
                KernelCases.AssertSameBits(parts, whole, $"root mean square, {rows} × {length}, {threads} threads");

                KernelCases.Get<CentreKernel>("centre_rows", variant)(x, length, parts);
                Parts(parts, bias);
                KernelCases.Get<LayerNormKernel>("layer_norm", variant)(x, gain, bias, 1e-5f, whole);
                KernelCases.AssertSameBits(parts, whole, $"layer norm, {rows} × {length}, {threads} threads");
            }
        }
    }

    private delegate void Part(ReadOnlySpan<float> x, ReadOnlySpan<float> gain, ReadOnlySpan<float> bias, Span<float> y, int length);

    // Three rows, of every length; into other memory and in place.
    private static void Check(Part twin, Part kernel, double absolute)
    {
        foreach (var length in Lengths)
        {
            Guarded x = new(KernelCases.Floats(3 * length, seed: length)), gain = new(KernelCases.Floats(length, seed: 8)), bias = new(KernelCases.Floats(length, seed: 9)), y = new(3 * length);
            var wanted = new float[3 * length];
            twin(x.Span, gain.Span, bias.Span, wanted, length);
            kernel(x.Span, gain.Span, bias.Span, y.Span, length);
            kernel(x.Span, gain.Span, bias.Span, x.Span, length);
            x.Check();
            y.Check();
            KernelCases.AssertClose(wanted, y.Span, 0, absolute, $"length {length}");
            KernelCases.AssertSameBits(y.Span, x.Span, $"in place, length {length}");
        }
    }
}
