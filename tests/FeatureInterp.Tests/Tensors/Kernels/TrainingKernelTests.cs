using FeatureInterp.Tensors;

namespace FeatureInterp.Tests.Tensors;

public class TrainingKernelTests
{
    private static readonly (int Rows, int K, int N)[] Shapes =
        [(1, 1, 1), (1, 5, 33), (2, 3, 31), (7, 64, 32), (8, 8, 8), (16, 17, 65), (33, 70, 96), (100, 65, 97), (129, 257, 40), (400, 130, 64)];

    public static TheoryData<string> MatMulTransposed => KernelCases.Of("matmul_transposed");

    public static TheoryData<string> SparseMatMul => KernelCases.Of("sparse_matmul");

    public static TheoryData<string> SparseDots => KernelCases.Of("sparse_dots");

    public static TheoryData<string> Adam => KernelCases.Of("adam");

    [Theory, MemberData(nameof(MatMulTransposed))]
    public void MatMulTransposed_AnyShapeAndThreadCount_MatchesTwin(string variant)
    {
        var kernel = KernelCases.Get<MatMulTransposedKernel>("matmul_transposed", variant);
        foreach (var (rows, k, n) in Shapes)
        {
            Guarded a = new(KernelCases.Floats(rows * k, seed: 1)), b = new(KernelCases.Floats(rows * n, seed: 2));
            var wanted = new float[k * n];
            KernelCases.Twin<MatMulTransposedKernel>("matmul_transposed")(a.Span, b.Span, rows, wanted);
            float[]? first = null;
            foreach (var threads in new[] { 1, 2, 3 })
            {
                using var _ = new WorkerCount(threads);
                var y = new Guarded(k * n);
                kernel(a.Span, b.Span, rows, y.Span);
                y.Check();
                KernelCases.AssertClose(wanted, y.Span, 0, 1e-6 * (rows + 4), $"{rows}×{k}×{n}");
                KernelCases.AssertSameBits(first ??= y.Span.ToArray(), y.Span, $"{rows}×{k}×{n}, {threads} threads");
            }
        }
    }

    [Fact]
    public void MatMulTransposed_LargerThanASlab_MatchesTwinOnSomeRows()
    {
        // 4 Mi floats of a are turned at once.
        const int Rows = 3000, K = 1500, N = 5;
        float[] a = KernelCases.Floats(Rows * K, seed: 1), b = KernelCases.Floats(Rows * N, seed: 2), y = new float[K * N];
        Kernels.MatMulTransposed(a, b, Rows, y);
        foreach (var p in new[] { 0, 1397, 1398, 1399, 1499 })
        {
            for (var j = 0; j < N; j++)
            {
                var sum = 0.0;
                for (var i = 0; i < Rows; i++)
                    sum += (double)a[i * K + p] * b[i * N + j];
                Assert.Equal(sum, y[p * N + j], 1e-6 * Rows);
            }
        }
    }

    [Theory, MemberData(nameof(SparseMatMul))]
    public void SparseMatMul_AnyLengthAndThreadCount_AddsWhatTwinAdds(string variant)
    {
        var kernel = KernelCases.Get<SparseMatMulKernel>("sparse_matmul", variant);
        foreach (var length in KernelCases.Lengths.Where(l => l > 0).Append(700))
        {
            var (starts, indices) = Entries(rows: 90, columns: 13, seed: length);
            Guarded values = new(KernelCases.Floats(indices.Length, seed: 3)), w = new(KernelCases.Floats(13 * length, seed: 4));
            var begin = KernelCases.Floats(90 * length, seed: 5);
            float[] wanted = [.. begin];
            KernelCases.Twin<SparseMatMulKernel>("sparse_matmul")(starts, indices, values.Span, w.Span, length, wanted);
            float[]? first = null;
            foreach (var threads in new[] { 1, 2, 3 })
            {
                using var _ = new WorkerCount(threads);
                var y = new Guarded(begin);
                kernel(starts, indices, values.Span, w.Span, length, y.Span);
                y.Check();
                KernelCases.AssertClose(wanted, y.Span, 0, 3e-6, $"rows of {length}");
                KernelCases.AssertSameBits(first ??= y.Span.ToArray(), y.Span, $"rows of {length}, {threads} threads");
            }
        }
    }

    [Theory, MemberData(nameof(SparseDots))]
    public void SparseDots_AnyLengthAndThreadCount_MatchesTwin(string variant)
    {
        var kernel = KernelCases.Get<SparseDotsKernel>("sparse_dots", variant);
        foreach (var length in KernelCases.Lengths.Where(l => l > 0).Append(700))
        {
            var (starts, indices) = Entries(rows: 90, columns: 13, seed: length);
            Guarded x = new(KernelCases.Floats(90 * length, seed: 3)), w = new(KernelCases.Floats(13 * length, seed: 4));
            var wanted = new float[indices.Length];
            KernelCases.Twin<SparseDotsKernel>("sparse_dots")(starts, indices, x.Span, w.Span, length, wanted);
            float[]? first = null;
            foreach (var threads in new[] { 1, 2, 3 })
            {
                using var _ = new WorkerCount(threads);
                var dots = new Guarded(indices.Length);
                kernel(starts, indices, x.Span, w.Span, length, dots.Span);
                dots.Check();
                KernelCases.AssertClose(wanted, dots.Span, 0, 1e-6 * (length + 4), $"rows of {length}");
                KernelCases.AssertSameBits(first ??= dots.Span.ToArray(), dots.Span, $"rows of {length}, {threads} threads");
            }
        }
    }

    [Theory, MemberData(nameof(SparseDots))]
    public void SparseDots_AnyNeighbours_DependsOnItsTwoRowsAlone(string variant)
    {
        var kernel = KernelCases.Get<SparseDotsKernel>("sparse_dots", variant);
        float[] x = KernelCases.Floats(77, seed: 1), w = KernelCases.Floats(6 * 77, seed: 2), alone = new float[1], many = new float[6];
        kernel([0, 6], [5, 4, 3, 2, 1, 0], x, w, 77, many);
        for (var i = 0; i < 6; i++)
        {
            kernel([0, 1], [5 - i], x, w, 77, alone);
            KernelCases.AssertSameBits(alone, many.AsSpan(i, 1), $"entry {i}");
        }
    }

    [Theory, MemberData(nameof(Adam))]
    public void Adam_AnyLength_MatchesTwin(string variant)
    {
        foreach (var length in KernelCases.Lengths.Append(200_003))
            AssertAdam(variant, length, new AdamStep(1e-2, 0.9, 0.99, 1e-8, 3, 0.7f));
        AssertAdam(variant, 129, new AdamStep(1e-3, 0, 0, 1e-3, 1));
    }

    // The first step of Adam moves each weight by the rate, against the sign of its gradient, however large that is.
    [Theory, MemberData(nameof(Adam))]
    public void Adam_FirstStep_MovesByTheRate(string variant)
    {
        float[] gradient = [3, -0.001f, 0], mean = new float[3], square = new float[3], weights = [1, 1, 1];
        KernelCases.Get<AdamKernel>("adam", variant)(gradient, new AdamStep(0.1, 0.9, 0.999, 1e-12, 1), mean, square, weights);
        KernelCases.AssertClose([0.9f, 1.1f, 1], weights, 0, 1e-5, "weights");
        KernelCases.AssertClose([0.3f, -0.0001f, 0], mean, 1e-5, 0, "mean");
    }

    private static void AssertAdam(string variant, int length, AdamStep step)
    {
        float[] gradient = KernelCases.Floats(length, seed: 1), mean = KernelCases.Floats(length, seed: 2), square = KernelCases.Floats(length, seed: 3), weights = KernelCases.Floats(length, seed: 4);
        for (var i = 0; i < length; i++)
            square[i] = square[i] * square[i] + 0.01f;
        float[] wantedMean = [.. mean], wantedSquare = [.. square], wanted = [.. weights];
        KernelCases.Twin<AdamKernel>("adam")(gradient, step, wantedMean, wantedSquare, wanted);
        Guarded g = new(gradient), m = new(mean), v = new(square), w = new(weights);
        KernelCases.Get<AdamKernel>("adam", variant)(g.Span, step, m.Span, v.Span, w.Span);
        foreach (var guarded in new[] { g, m, v, w })
            guarded.Check();
        KernelCases.AssertClose(wantedMean, m.Span, 0, 3e-7, "mean");
        KernelCases.AssertClose(wantedSquare, v.Span, 3e-7, 1e-9, "square");
        KernelCases.AssertClose(wanted, w.Span, 0, 5e-7, "weights");
    }

    // Rows of none to twelve entries, some of the same column twice.
    private static (int[] Starts, int[] Indices) Entries(int rows, int columns, int seed)
    {
        var random = new Random(seed);
        var starts = new int[rows + 1];
        for (var i = 0; i < rows; i++)
            starts[i + 1] = starts[i] + random.Next(13);
        return (starts, [.. Enumerable.Range(0, starts[^1]).Select(_ => random.Next(columns))]);
    }
}
