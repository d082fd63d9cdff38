using FeatureInterp.Models;
using FeatureInterp.Tensors;
using static FeatureInterp.Benchmarks.Report;

namespace FeatureInterp.Benchmarks;

/// <summary>A gradient run back to the first block or to the middle, beside the forward run it contains.</summary>
internal static class GradientQuestion
{
    private const int Repetitions = 9;

    public static Report Answer()
    {
        var report = new Report("model", "weights", "tokens", "threads", "forward ms", "to block 0, tapes held", "to block 0, blocks computed again", "to the middle, tapes held");
        foreach (var tokens in new[] { 32, 256 })
            Measure(report, "talegrid-6m", "BF16", Transformer.Load("talegrid-6m"), tokens);
        foreach (var tokens in new[] { 32, 256 })
        {
            using (var gpt2 = TemporaryModel.Gpt2Small(DType.F32))
                Measure(report, "GPT-2 small", "F32", Transformer.Load(gpt2.Folder), tokens);
            using (var smol = TemporaryModel.SmolLm2(DType.BF16))
                Measure(report, "SmolLM2-135M", "BF16", Transformer.Load(smol.Folder), tokens);
        }

        Workers.SetCount(0);
        report.Note($"A logit difference at the last token; values and gradients kept at one hook_resid_pre. Gradient runs are given as multiples of the forward run's time: medians of {Repetitions} repetitions of the ratio within a repetition. With one thread times are processor time, with two time of day.");
        report.Note("Tapes are held where they fit into a quarter of the free memory, else each block is computed a second time just before the gradient goes back through it; the numbers are the same.");
        return report;
    }

    private static void Measure(Report report, string name, string weights, Transformer model, int tokens)
    {
        var prompt = Enumerable.Range(0, tokens).Select(i => 300 + i * 37 % 3000).ToArray();
        var metric = LogitMetric.LogitDifference(400, 500);
        foreach (var threads in new[] { 1, 2 })
        {
            Workers.SetCount(threads);
            var times = new Paired(Repetitions, processorTime: threads == 1)
                .Add("forward", 1, () => model.Run(prompt, logits: LogitsAt.Last))
                .Add("held", 1, () => Gradient(0, holdsTapes: true))
                .Add("again", 1, () => Gradient(0, holdsTapes: false))
                .Add("middle", 1, () => Gradient(model.Config.Layers / 2, holdsTapes: true))
                .Run(1);
            report.Row(name, weights, $"{tokens}", $"{threads}", Number(1000 / times.Rate("forward")), Times(times, "held"), Times(times, "again"), Times(times, "middle"));
        }

        void Gradient(int layer, bool holdsTapes)
        {
            model.HoldsTapes = holdsTapes;
            model.Gradient(prompt, metric, at: $"blocks.{layer}.hook_resid_pre");
        }

        static string Times(Paired times, string run) => "× " + Number(times.Ratio("forward", run), 2);
    }
}
