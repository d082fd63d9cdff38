using FeatureInterp.Tensors;
using static FeatureInterp.Benchmarks.Report;

namespace FeatureInterp.Benchmarks;

/// <summary>Attention of one prompt, fused and in three parts, and of one new token.</summary>
internal static class AttentionQuestion
{
    public static Report Answer()
    {
        var report = new Report("heads/kv × dim", "queries", "keys", "threads", "fused µs", "GF/s", "of FMA peak", "three parts against fused", "× naive twin");
        foreach (var threads in new[] { 1, 2 })
        {
            Workers.SetCount(threads);
            foreach (var (heads, keyValueHeads, dim) in new[] { (4, 2, 64), (8, 4, 256) })
            {
                foreach (var (queries, keys) in new[] { (1, 128), (1, 512), (128, 128), (512, 512) })
                    Measure(report, threads, new AttentionShape(queries, keys, heads, keyValueHeads, dim, 1 / MathF.Sqrt(dim), SoftCap: 50));
            }
        }

        Workers.SetCount(0);
        report.Note("Operations counted: two per multiply-add over the keys each query sees, twice (scores and mixture); softmax and soft cap (50, as Gemma 2 has) are not counted but take their time.");
        return report;
    }

    private static void Measure(Report report, int threads, AttentionShape shape)
    {
        float[] q = Inputs.Floats(shape.QueryLength, 1), k = Inputs.Floats(shape.KeyLength, 2), v = Inputs.Floats(shape.KeyLength, 3);
        float[] z = new float[shape.QueryLength], scores = new float[shape.ScoreLength];
        var visible = 0L;
        for (var i = 0; i < shape.Queries; i++)
            visible += shape.EndKey(i) - shape.FirstKey(i);
        var work = 4.0 * shape.Heads * shape.HeadDim * visible;
        var paired = new Paired(9)
            .Add("peak", Machine.PeakOperations * Machine.VectorWidth * threads, Machine.PeakFma)
            .Add("fused", work, () => Kernels.Attention(q, k, v, shape, z))
            .Add("parts", work, () =>
            {
                Kernels.AttentionScores(q, k, shape, scores);
                Kernels.SoftmaxRows(scores, shape.Keys);
                Kernels.AttentionMix(scores, v, shape, z);
            }).Run(10);
        var twin = (AttentionKernel)KernelRegistry.Variants.First(x => x is { Operation: "attention", Name: "reference" }).Implementation;
        var naive = new Paired(1).Add("twin", work, () => twin(q, k, v, shape, z)).Run(1);
        report.Row($"{shape.Heads}/{shape.KeyValueHeads} × {shape.HeadDim}", $"{shape.Queries}", $"{shape.Keys}", $"{threads}", Number(work / paired.Rate("fused") * 1e6),
            Number(paired.Rate("fused") / 1e9), Percent(paired.Ratio("fused", "peak")), Number(paired.Ratio("fused", "parts"), 2) + " × the time", Number(paired.Rate("fused") / naive.Rate("twin"), 0));
    }
}
