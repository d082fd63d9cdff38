using FeatureInterp.Tensors;
using static FeatureInterp.Benchmarks.Report;

namespace FeatureInterp.Benchmarks;

/// <summary>One token at a time: every weight is read once, from memory for a large model, from the cache for a small one.</summary>
internal static unsafe class DecodeQuestion
{
    private const long Footprint = 600L << 20;

    private static readonly (int N, int K)[] Shapes = [(14336, 3584), (3072, 768), (768, 256)];

    public static Report Answer()
    {
        var report = new Report("n × k", "weights lie in", "threads", "weights", "GB/s median", "best", "of read loop", "µs a call", "OpenBLAS fp32 GB/s");
        foreach (var threads in new[] { 1, 2 })
        {
            Workers.SetCount(threads);
            OpenBlas.SetThreads(threads);
            foreach (var (n, k) in Shapes)
            {
                foreach (var dtype in new[] { DType.F32, DType.BF16 })
                {
                    if (n > 768)
                        Measure(report, threads, n, k, dtype, fromMemory: true);
                    if (n < 14336)
                        Measure(report, threads, n, k, dtype, fromMemory: false);
                }
            }
        }

        Workers.SetCount(0);
        report.Note("\"memory\": as many matrices in turn as fill 600 MB, so that none is in a cache when its turn comes; \"cache\": one matrix over and over.");
        report.Note("The read loop adds up the same bytes with the widest vectors, on the same number of threads.");
        report.Note("OpenBLAS: " + OpenBlas.Describe() + " (sgemv).");
        return report;
    }

    private static void Measure(Report report, int threads, int n, int k, DType dtype, bool fromMemory)
    {
        var bytes = (long)n * k * dtype.Size();
        var copies = fromMemory ? (int)Math.Max(1, Footprint / bytes) : 1;
        var weights = new Weight[copies];
        for (var i = 0; i < copies; i++)
            weights[i] = Inputs.Weight(dtype, n, k, 2);
        var x = Inputs.Floats(k, 1);
        var y = new float[n];
        var paired = new Paired(9)
            .Add("read", (double)bytes * copies, () =>
            {
                foreach (var w in weights)
                    Machine.Read(w.Pointer, (nint)bytes);
            })
            .Add("row", (double)bytes * copies, () =>
            {
                foreach (var w in weights)
                    Kernels.Linear(x, w, y);
            });
        if (OpenBlas.IsPresent && dtype == DType.F32)
        {
            paired.Add("OpenBLAS", (double)bytes * copies, () =>
            {
                fixed (float* px = x, py = y)
                {
                    foreach (var w in weights)
                        OpenBlas.Row(px, (float*)w.Pointer, py, n, k);
                }
            });
        }

        paired.Run();
        report.Row($"{n} × {k}", fromMemory ? "memory" : "cache", $"{threads}", dtype.ToString(), Number(paired.Rate("row") / 1e9), Number(paired.Best("row") / 1e9),
            Percent(paired.Ratio("row", "read")), Number(bytes / paired.Rate("row") * 1e6), paired.Has("OpenBLAS") ? Number(paired.Rate("OpenBLAS") / 1e9) : "");
    }
}
