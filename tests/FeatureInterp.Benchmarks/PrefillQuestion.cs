using FeatureInterp.Models;
using FeatureInterp.Tensors;
using static FeatureInterp.Benchmarks.Report;

namespace FeatureInterp.Benchmarks;

/// <summary>A prompt of 512 tokens through models of published shapes, beside its matrix multiplies alone.</summary>
internal static class PrefillQuestion
{
    private const int Tokens = 512;
    private const int Repetitions = 9;

    public static Report Answer()
    {
        var report = new Report("model", "weights", "threads", "ms", "tokens/s", "matrix multiplies alone ÷ run", "their share of FMA peak");
        foreach (var dtype in new[] { DType.F32, DType.BF16 })
        {
            using (var gpt2 = TemporaryModel.Gpt2Small(dtype))
                Measure(report, "GPT-2 small", dtype, gpt2);
            using (var smol = TemporaryModel.SmolLm2(dtype))
                Measure(report, "SmolLM2-135M", dtype, smol);
        }

        Workers.SetCount(0);
        report.Note($"{Tokens} tokens, logits of the last; random weights in a temporary file, mapped. Medians of {Repetitions} repetitions in which run, multiplies and peak take turns; ratios are medians of those within a repetition.");
        report.Note("With one thread times are processor time, with two time of day.");
        report.Note("The multiplies alone are those of the run, one after another on the same weights, the unembedding of one row among them.");
        return report;
    }

    private static void Measure(Report report, string name, DType dtype, TemporaryModel temporary)
    {
        var model = Transformer.Load(temporary.Folder);
        var products = new ModelProducts(temporary, Tokens);
        var prompt = Enumerable.Range(0, Tokens).Select(i => i * 37 % 20000).ToArray();
        foreach (var threads in new[] { 1, 2 })
        {
            Workers.SetCount(threads);
            var times = new Paired(Repetitions, processorTime: threads == 1)
                .Add("peak", Machine.PeakOperations * Machine.VectorWidth * threads, Machine.PeakFma)
                .Add("run", 1, () => model.Run(prompt, logits: LogitsAt.Last))
                .Add("multiplies", 1, products.Run)
                .Run(1);
            var share = products.Operations * times.Ratio("multiplies", "peak");
            report.Row(name, dtype.ToString(), $"{threads}", Number(1000 / times.Rate("run")), Number(Tokens * times.Rate("run"), 0), Percent(times.Ratio("run", "multiplies")), Percent(share));
        }
    }
}
