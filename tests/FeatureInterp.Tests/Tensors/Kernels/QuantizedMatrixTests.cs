using System.Runtime.Intrinsics;
using FeatureInterp.Tensors;

namespace FeatureInterp.Tests.Tensors;

/// <summary>Products with quantised weights: those of the fp32 numbers that the blocks stand for.</summary>
[Collection("workers")]
public class QuantizedMatrixTests
{
    // m, n and blocks along k: below, at and above tiles, panels, blocks of k and the threads' shares.
    private static readonly (int M, int N, int Blocks)[] Shapes =
    [
        (1, 1, 1), (1, 3, 2), (1, 7, 3), (1, 64, 5), (1, 301, 1), (1, 530, 4), (2, 1, 1), (2, 33, 2), (3, 16, 3), (6, 65, 2), (12, 31, 5), (13, 97, 1), (29, 40, 13),
    ];

    public static TheoryData<string> Variants => KernelCases.Of("linear");

    public static TheoryData<string> FastVariants => new(Variants.Select(v => v.Data).Where(v => v != "reference"));

    [Theory, MemberData(nameof(Variants))]
    public void Linear_AnyShapeTypeAndThreadCount_MatchesTwin(string variant)
    {
        var kernel = KernelCases.Get<MatrixKernel>("linear", variant);
        foreach (var (m, n, blocks) in Shapes)
        {
            foreach (var dtype in OddBlocks.Types)
            {
                var k = blocks * dtype.BlockElements();
                var w = OddBlocks.Create(dtype, n, k, seed: m + n + k);
                var x = new Guarded(KernelCases.Floats(m * k, seed: 3));
                var wanted = new float[m * n];
                KernelCases.Twin<MatrixKernel>("linear")(x.Span, w, wanted);
                foreach (var threads in new[] { 1, 2 })
                {
                    using var _ = new WorkerCount(threads);
                    var y = new Guarded(m * n);
                    kernel(x.Span, w, y.Span);
                    y.Check();
                    x.Check();
                    KernelCases.AssertClose(wanted, y.Span, 0, 1e-6 * (k + 4), $"{m}×{n}×{k} {dtype}, {threads} threads");
                }
            }
        }
    }

    [Theory, MemberData(nameof(FastVariants))]
    public void Products_OfSeveralRows_AreThoseOfTheWidenedWeightBitForBit(string variant)
    {
        var linear = KernelCases.Get<MatrixKernel>("linear", variant);
        var matMul = KernelCases.Get<MatrixKernel>("matmul", variant);
        var columns = KernelCases.Get<ColumnsKernel>("matmul_columns", variant);
        foreach (var (m, n, blocks) in Shapes)
        {
            foreach (var dtype in OddBlocks.Types)
            {
                var k = blocks * dtype.BlockElements();
                var w = OddBlocks.Create(dtype, n, k, seed: m + n + k);
                var widened = Widened(w);
                if (m > 1)
                    AssertSame(linear, w, widened, KernelCases.Floats(m * k, seed: 3), m * n, $"linear {m}×{n}×{k} {dtype}");
                AssertSame(matMul, w, widened, KernelCases.Floats(m * n, seed: 4), m * k, $"matmul {m}×{k}×{n} {dtype}");
                int[] some = [k - 1, 0, k / 2, k - 1, .. Enumerable.Range(0, k).Where(c => c % 37 == 1)];
                AssertSame((x, weight, y) => columns(x, weight, some, y), w, widened, KernelCases.Floats(m * n, seed: 5), m * some.Length, $"columns {m}×{k}×{n} {dtype}");
            }
        }
    }

    [Theory, MemberData(nameof(FastVariants))]
    public void Linear_ManyRowsAndThreads_IsThatOfTheWidenedWeightBitForBit(string variant)
    {
        const int M = 37, N = 901, K = 1280;
        var kernel = KernelCases.Get<MatrixKernel>("linear", variant);
        foreach (var dtype in OddBlocks.Types)
        {
            var w = OddBlocks.Create(dtype, N, K, seed: 1);
            foreach (var threads in new[] { 1, 2, 3 })
            {
                using var _ = new WorkerCount(threads);
                AssertSame(kernel, w, Widened(w), KernelCases.Floats(M * K, seed: 2), M * N, $"{dtype}, {threads} threads");
            }
        }
    }

    [Theory, MemberData(nameof(Variants))]
    public void Linear_OneRow_IsTheSameOnAnyThreads(string variant)
    {
        const int N = 1301, K = 768;
        var kernel = KernelCases.Get<MatrixKernel>("linear", variant);
        var x = KernelCases.Floats(K, seed: 2);
        foreach (var dtype in OddBlocks.Types)
        {
            var w = OddBlocks.Create(dtype, N, K, seed: 1);
            var alone = new float[N];
            using (new WorkerCount(1))
                kernel(x, w, alone);
            foreach (var threads in new[] { 2, 3 })
            {
                using var _ = new WorkerCount(threads);
                var y = new float[N];
                kernel(x, w, y);
                KernelCases.AssertClose(alone, y, 0, 2e-5, $"{dtype}, {threads} threads");
            }
        }
    }

    [Theory, MemberData(nameof(Variants))]
    public void AddScaledRow_AnyRow_IsThatOfTheWidenedWeight(string variant)
    {
        var kernel = KernelCases.Get<ScaledRowKernel>("add_scaled_row", variant);
        foreach (var dtype in OddBlocks.Types)
        {
            foreach (var blocks in new[] { 1, 2, 5 })
            {
                var n = blocks * dtype.BlockElements();
                var w = OddBlocks.Create(dtype, 3, n, seed: n);
                float[] start = KernelCases.Floats(n, seed: 5), wanted = [.. start];
                kernel(Widened(w), 1, -1.7f, wanted);
                var y = new Guarded(start);
                kernel(w, 1, -1.7f, y.Span);
                y.Check();
                KernelCases.AssertSameBits(wanted, y.Span, $"{n} {dtype}");
            }
        }
    }

    [Fact]
    public void Widen_AnyBits_IsTheNaiveTwinBitForBit()
    {
        const int Rows = 400, Columns = 768;
        foreach (var dtype in OddBlocks.Types)
        {
            var w = OddBlocks.CreateWild(dtype, Rows, Columns, seed: 7);
            float[] wanted = new float[Columns], found = new float[Columns];
            for (var row = 0; row < Rows; row++)
            {
                w.CopyRow(row, wanted);
                Widen<Vector128<float>, Simd128>(w, row, found);
                AssertSame(wanted, found, $"128 {dtype} row {row}");
                if (KernelCases.IsSupported("vector256"))
                {
                    Widen<Vector256<float>, Simd256>(w, row, found);
                    AssertSame(wanted, found, $"256 {dtype} row {row}");
                }

                if (KernelCases.IsSupported("vector512"))
                {
                    Widen<Vector512<float>, Simd512>(w, row, found);
                    AssertSame(wanted, found, $"512 {dtype} row {row}");
                }
            }
        }
    }

    private static unsafe void Widen<V, S>(Weight w, int row, float[] values)
        where V : struct
        where S : struct, ISimd<V>
    {
        fixed (float* p = values)
            BlockPanels<V, S>.Widen(new PanelSource(w.Pointer, w.DType, w.RowLength, inputFirst: false), row, 0, values.Length, p);
    }

    // Not-a-number is one value here, whatever its bits.
    private static void AssertSame(float[] wanted, float[] found, string what)
    {
        for (var i = 0; i < wanted.Length; i++)
        {
            if (float.IsNaN(wanted[i]))
                wanted[i] = float.NaN;
            if (float.IsNaN(found[i]))
                found[i] = float.NaN;
        }

        KernelCases.AssertSameBits(wanted, found, what);
    }

    private static void AssertSame(MatrixKernel kernel, Weight w, Weight widened, float[] x, int length, string what)
    {
        Guarded wanted = new(length), found = new(length);
        kernel(x, widened, wanted.Span);
        kernel(x, w, found.Span);
        found.Check();
        KernelCases.AssertSameBits(wanted.Span, found.Span, what);
    }

    private static Weight Widened(Weight w)
    {
        var values = new float[w.Count];
        for (var row = 0; row < w.RowCount; row++)
            w.CopyRow(row, values.AsSpan(row * w.RowLength));
        return Weight.FromFloats("widened", values, w.Shape);
    }
}
