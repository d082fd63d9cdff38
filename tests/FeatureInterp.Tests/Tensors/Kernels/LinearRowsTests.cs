using FeatureInterp.Tensors;

namespace FeatureInterp.Tests.Tensors;

/// <summary>Rows multiplied together that must come out as each does alone.</summary>
[Collection("workers")]
public class LinearRowsTests
{
    public static TheoryData<string> Variants => KernelCases.Of("linear_rows");

    [Theory, MemberData(nameof(Variants))]
    public void LinearRows_AnyLengthAndType_AreTheBitsOfEachRowAlone(string variant)
    {
        foreach (var k in KernelCases.Lengths.Where(l => l > 0))
        {
            foreach (var dtype in new[] { DType.F32, DType.BF16, DType.F16 })
                AssertAsAlone(variant, OddWeight.Create(dtype, 1 + k % 9, k, seed: k), 1 + k % 13);
        }
    }

    [Theory, MemberData(nameof(Variants))]
    public void LinearRows_AnyNumberOfRowsAndOutputs_AreTheBitsOfEachRowAlone(string variant)
    {
        for (var m = 1; m < 18; m++)
        {
            foreach (var n in new[] { 1, 2, 3, 4, 5, 7, 8, 12, 13, 15, 64, 66 })
                AssertAsAlone(variant, OddWeight.Create(DType.BF16, n, 131, seed: n), m);
        }
    }

    [Theory, MemberData(nameof(Variants))]
    public void LinearRows_Quantised_AreTheBitsOfEachRowAlone(string variant)
    {
        foreach (var dtype in OddBlocks.Types)
        {
            foreach (var (m, n, blocks) in new[] { (1, 3, 1), (2, 4, 2), (3, 7, 3), (5, 8, 1), (5, 13, 4), (6, 1, 5), (11, 65, 2) })
                AssertAsAlone(variant, OddBlocks.Create(dtype, n, blocks * dtype.BlockElements(), seed: m + n), m);
        }
    }

    [Theory, MemberData(nameof(Variants))]
    public void LinearRows_MatchTheTwin(string variant)
    {
        const int M = 7, N = 19, K = 301;
        var w = OddWeight.Create(DType.BF16, N, K, seed: 5);
        var x = KernelCases.Floats(M * K, seed: 3);
        float[] wanted = new float[M * N], found = new float[M * N];
        KernelCases.Twin<RowsKernel>("linear_rows")(x, w, wanted, N);
        KernelCases.Get<RowsKernel>("linear_rows", variant)(x, w, found, N);
        KernelCases.AssertClose(wanted, found, 0, 1e-6 * (K + 4), variant);
    }

    private static void AssertAsAlone(string variant, Weight w, int m)
    {
        int n = w.RowCount, k = w.RowLength, pitch = n + m % 3;
        var alone = KernelCases.Get<MatrixKernel>("linear", variant);
        var together = KernelCases.Get<RowsKernel>("linear_rows", variant);
        Guarded x = new(KernelCases.Floats(m * k, seed: 3)), y = new((m - 1) * pitch + n);
        y.Span.Fill(7);
        together(x.Span, w, y.Span, pitch);
        y.Check();
        x.Check();
        var wanted = new float[n];
        for (var i = 0; i < m; i++)
        {
            alone(x.Span.Slice(i * k, k), w, wanted);
            KernelCases.AssertSameBits(wanted, y.Span.Slice(i * pitch, n), $"row {i} of {m}, {n}×{k} {w.DType}");
            foreach (var between in i + 1 < m ? y.Span.Slice(i * pitch + n, pitch - n) : [])
                Assert.Equal(7, between);
        }
    }
}
