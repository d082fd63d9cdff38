using FeatureInterp.Tensors;
using static FeatureInterp.Benchmarks.Report;

namespace FeatureInterp.Benchmarks;

/// <summary>Linear layers of a prefill: m tokens, n outputs, k inputs.</summary>
internal static unsafe class MatMulQuestion
{
    private static readonly (int M, int N, int K)[] Shapes = [(512, 3072, 768), (128, 3072, 768), (512, 768, 256), (512, 14336, 3584)];

    public static Report Answer()
    {
        var report = new Report("m × n × k", "threads", "weights", "GF/s median", "best", "of FMA peak", "of OpenBLAS fp32", "× naive twin");
        foreach (var threads in new[] { 1, 2 })
        {
            Workers.SetCount(threads);
            OpenBlas.SetThreads(threads);
            foreach (var (m, n, k) in Shapes)
                Measure(report, threads, m, n, k);
        }

        Workers.SetCount(0);
        report.Note("Medians over repetitions in which peak, OpenBLAS and kernels take turns; percentages are medians of the ratios within a repetition.");
        report.Note("The peak is a loop of fused multiply-adds on registers, in C#, at the widest vector, on the same number of threads.");
        report.Note("OpenBLAS: " + OpenBlas.Describe() + ". The naive twin ran on 2 rows, one thread, fp64 sums.");
        return report;
    }

    private static void Measure(Report report, int threads, int m, int n, int k)
    {
        var x = Inputs.Floats((long)m * k, 1);
        var y = new float[m * n];
        Weight w32 = Inputs.Weight(DType.F32, n, k, 2), w16 = Inputs.Weight(DType.BF16, n, k, 2);
        var work = 2.0 * m * n * k;
        var paired = new Paired(work > 2e10 ? 5 : 11)
            .Add("peak", Machine.PeakOperations * Machine.VectorWidth * threads, Machine.PeakFma)
            .Add("F32", work, () => Kernels.Linear(x, w32, y))
            .Add("BF16", work, () => Kernels.Linear(x, w16, y));
        if (OpenBlas.IsPresent)
        {
            paired.Add("OpenBLAS", work, () =>
            {
                fixed (float* px = x, py = y)
                    OpenBlas.Linear(px, (float*)w32.Pointer, py, m, n, k);
            });
        }

        var naive = (MatrixKernel)KernelRegistry.Variants.First(v => v is { Operation: "linear", Name: "reference" }).Implementation;
        var twin = new Paired(3).Add("twin", 4.0 * n * k, () => naive(x.AsSpan(0, 2 * k), w32, y.AsSpan(0, 2 * n))).Run(1);
        paired.Run();
        foreach (var name in new[] { "F32", "BF16" })
        {
            report.Row($"{m} × {n} × {k}", $"{threads}", name, Number(paired.Rate(name) / 1e9), Number(paired.Best(name) / 1e9),
                Percent(paired.Ratio(name, "peak")), paired.Has("OpenBLAS") ? Percent(paired.Ratio(name, "OpenBLAS")) : "–",
                Number(paired.Rate(name) / twin.Rate("twin"), 0));
        }

        if (paired.Has("OpenBLAS"))
            report.Row($"{m} × {n} × {k}", $"{threads}", "OpenBLAS F32", Number(paired.Rate("OpenBLAS") / 1e9), Number(paired.Best("OpenBLAS") / 1e9), Percent(paired.Ratio("OpenBLAS", "peak")), "", "");
    }
}
