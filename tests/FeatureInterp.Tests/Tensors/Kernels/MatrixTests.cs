using FeatureInterp.Tensors;

namespace FeatureInterp.Tests.Tensors;

[Collection("workers")]
public class MatrixTests
{
    private static readonly DType[] DTypes = [DType.F32, DType.BF16, DType.F16];

    // m, n, k: below, at and above tiles, panels, blocks of k and groups of columns.
    private static readonly (int M, int N, int K)[] Shapes =
    [
        (1, 1, 1), (1, 7, 3), (1, 64, 256), (1, 301, 130), (1, 1001, 777), (2, 1, 5), (2, 33, 17), (3, 16, 8), (4, 31, 64), (5, 32, 255),
        (6, 65, 256), (7, 63, 257), (11, 40, 31), (12, 96, 33), (13, 97, 100), (25, 15, 513), (29, 300, 7), (64, 64, 64), (101, 129, 65), (250, 37, 259),
    ];

    public static TheoryData<string> Linear => KernelCases.Of("linear");

    public static TheoryData<string> MatMul => KernelCases.Of("matmul");

    public static TheoryData<string> MatMulColumns => KernelCases.Of("matmul_columns");

    public static TheoryData<string> AddScaledRow => KernelCases.Of("add_scaled_row");

    [Theory, MemberData(nameof(Linear))]
    public void Linear_AnyShapeTypeAndThreadCount_MatchesTwin(string variant) => MatchesTwin("linear", variant, outputFirst: true);

    [Theory, MemberData(nameof(MatMul))]
    public void MatMul_AnyShapeTypeAndThreadCount_MatchesTwin(string variant) => MatchesTwin("matmul", variant, outputFirst: false);

    [Theory, MemberData(nameof(MatMulColumns))]
    public void MatMulColumns_AnyColumns_MatchesTwin(string variant)
    {
        var kernel = KernelCases.Get<ColumnsKernel>("matmul_columns", variant);
        foreach (var (m, n, k) in Shapes)
        {
            foreach (var dtype in DTypes)
            {
                var w = OddWeight.Create(dtype, k, n, seed: m + n + k);
                var x = new Guarded(KernelCases.Floats(m * k, seed: 3));
                int[] columns = [n - 1, 0, n / 2, n - 1, .. Enumerable.Range(0, n).Where(c => c % 3 == 1)];
                var wanted = new float[m * columns.Length];
                KernelCases.Twin<ColumnsKernel>("matmul_columns")(x.Span, w, columns, wanted);
                var y = new Guarded(wanted.Length);
                kernel(x.Span, w, columns, y.Span);
                y.Check();
                KernelCases.AssertClose(wanted, y.Span, 0, 1e-6 * (k + 4), $"{m}×{n}×{k} {dtype}");
            }
        }
    }

    [Theory, MemberData(nameof(AddScaledRow))]
    public void AddScaledRow_AnyLength_MatchesTwin(string variant)
    {
        var kernel = KernelCases.Get<ScaledRowKernel>("add_scaled_row", variant);
        foreach (var n in KernelCases.Lengths.Where(l => l > 0))
        {
            foreach (var dtype in DTypes)
            {
                var w = OddWeight.Create(dtype, 3, n, seed: n);
                float[] start = KernelCases.Floats(n, seed: 5), wanted = [.. start];
                KernelCases.Twin<ScaledRowKernel>("add_scaled_row")(w, 1, -1.7f, wanted);
                var y = new Guarded(start);
                kernel(w, 1, -1.7f, y.Span);
                y.Check();
                KernelCases.AssertClose(wanted, y.Span, 0, 3e-7, $"{n} {dtype}");
            }
        }
    }

    [Theory, MemberData(nameof(Linear))]
    public void Linear_RowOfABatch_IsTheSameInAnyBatchAndOnAnyThreads(string variant) => RowsAreIndependent("linear", variant, smallest: 2);

    [Theory, MemberData(nameof(MatMul))]
    public void MatMul_RowOfABatch_IsTheSameInAnyBatchAloneAndOnAnyThreads(string variant) => RowsAreIndependent("matmul", variant, smallest: 1);

    [Fact]
    public void MatMulColumns_AllColumns_IsMatMulBitForBit()
    {
        const int M = 5, N = 75, K = 300;
        var w = OddWeight.Create(DType.BF16, K, N, seed: 1);
        var x = KernelCases.Floats(M * K, seed: 2);
        float[] wanted = new float[M * N], found = new float[M * N];
        Kernels.MatMul(x, w, wanted);
        Kernels.MatMulColumns(x, w, [.. Enumerable.Range(0, N)], found);
        KernelCases.AssertSameBits(wanted, found, "all columns");
    }

    [Theory, InlineData(DType.F32), InlineData(DType.BF16), InlineData(DType.F16)]
    public void Linear_IdentityInput_ReadsBackEveryWeightExactly(DType dtype)
    {
        const int N = 70;
        var w = OddWeight.Create(dtype, N, N, seed: 4, scale: dtype == DType.F16 ? 6e-5f : 1); // F16: down to subnormals
        var identity = new float[N * N];
        for (var i = 0; i < N; i++)
            identity[i * N + i] = 1;
        float[] y = new float[N * N], row = new float[N];
        Kernels.Linear(identity, w, y);
        for (var j = 0; j < N; j++)
        {
            w.CopyRow(j, row);
            for (var i = 0; i < N; i++)
                Assert.Equal(row[i], y[i * N + j]);
        }
    }

    [Fact]
    public void MatMul_MoreActivationsThanArePackedAtOnce_GivesEachRowAsAlone()
    {
        const int M = 250, N = 3, K = 40_000;
        var w = OddWeight.Create(DType.F32, K, N, seed: 1);
        var x = KernelCases.Floats(M * K, seed: 2);
        float[] y = new float[M * N], row = new float[N];
        Kernels.MatMul(x, w, y);
        foreach (var i in new[] { 0, 208, 209, 249 })
        {
            Kernels.MatMul(x.AsSpan(i * K, K), w, row);
            KernelCases.AssertSameBits(row, y.AsSpan(i * N, N), $"row {i}");
        }
    }

    [Fact]
    public void Linear_SeveralCallersAtOnce_EachGetsItsOwnResult()
    {
        const int M = 40, N = 200, K = 300;
        var w = OddWeight.Create(DType.BF16, N, K, seed: 1);
        var differences = 0;
        var callers = Enumerable.Range(0, 4).Select(caller => new Thread(() =>
        {
            var x = KernelCases.Floats(M * K, seed: caller);
            float[] first = new float[M * N], again = new float[M * N];
            Kernels.Linear(x, w, first);
            for (var round = 0; round < 30; round++)
            {
                Kernels.Linear(x, w, again);
                if (!first.AsSpan().SequenceEqual(again))
                    Interlocked.Increment(ref differences);
            }
        })).ToArray();
        Array.ForEach(callers, c => c.Start());
        Array.ForEach(callers, c => c.Join());
        Assert.Equal(0, differences);
    }

    private static void MatchesTwin(string operation, string variant, bool outputFirst)
    {
        var kernel = KernelCases.Get<MatrixKernel>(operation, variant);
        var twin = KernelCases.Twin<MatrixKernel>(operation);
        foreach (var (m, n, k) in Shapes)
        {
            foreach (var dtype in DTypes)
            {
                var w = OddWeight.Create(dtype, outputFirst ? n : k, outputFirst ? k : n, seed: m + n + k);
                var x = new Guarded(KernelCases.Floats(m * k, seed: 3));
                var wanted = new float[m * n];
                twin(x.Span, w, wanted);
                foreach (var threads in new[] { 1, 2 })
                {
                    using var _ = new WorkerCount(threads);
                    var y = new Guarded(m * n);
                    kernel(x.Span, w, y.Span);
                    y.Check();
                    x.Check();

                    // |x| and |w| average ½ each, so Σ|x||w| is about k/4.
                    KernelCases.AssertClose(wanted, y.Span, 0, 1e-6 * (k + 4), $"{m}×{n}×{k} {dtype}, {threads} threads");
                }
            }
        }
    }

    private static void RowsAreIndependent(string operation, string variant, int smallest)
    {
        // Large enough for the threads to take part and for k to be cut.
        const int M = 97, N = 901, K = 600;
        var kernel = KernelCases.Get<MatrixKernel>(operation, variant);
        foreach (var dtype in DTypes)
        {
            var w = operation == "linear" ? OddWeight.Create(dtype, N, K, seed: 1) : OddWeight.Create(dtype, K, N, seed: 1);
            var x = KernelCases.Floats(M * K, seed: 2);
            var whole = new float[M * N];
            kernel(x, w, whole);
            foreach (var (first, count) in new[] { (0, smallest), (40, smallest), (95, 2), (3, 3), (10, 13), (1, 50), (0, 96) })
            {
                foreach (var threads in new[] { 1, 2, 3 })
                {
                    using var _ = new WorkerCount(threads);
                    var y = new float[count * N];
                    kernel(x.AsSpan(first * K, count * K), w, y);
                    KernelCases.AssertSameBits(whole.AsSpan(first * N, count * N), y, $"rows {first} to {first + count}, {dtype}, {threads} threads");
                }
            }
        }
    }
}
