using FeatureInterp.Models;
using FeatureInterp.Tensors;
using static FeatureInterp.Benchmarks.Report;

namespace FeatureInterp.Benchmarks;

/// <summary>Where the time of a prefill goes, from hook to hook: a clock at every hook that changes nothing.</summary>
internal static class StepsQuestion
{
    private const int Tokens = 512;
    private const int Repetitions = 15;

    public static Report Answer()
    {
        var report = new Report("model", "up to the hook", "ms of a run", "share");
        Workers.SetCount(1);
        using (var gpt2 = TemporaryModel.Gpt2Small(DType.BF16))
            Measure(report, "GPT-2 small", gpt2);
        using (var smol = TemporaryModel.SmolLm2(DType.BF16))
            Measure(report, "SmolLM2-135M", smol);

        Workers.SetCount(0);
        report.Note($"{Tokens} tokens, logits of the last, bf16 weights, one thread, processor time. A row is the time since the hook before it, summed over the layers; medians of {Repetitions} runs.");
        return report;
    }

    private static void Measure(Report report, string name, TemporaryModel temporary)
    {
        var model = Transformer.Load(temporary.Folder);
        var prompt = Enumerable.Range(0, Tokens).Select(i => i * 37 % 20000).ToArray();
        var spent = new Dictionary<HookSite, double[]>();
        var (last, round) = (0.0, 0);
        void Tick(HookValue value)
        {
            var now = ProcessorClock.Seconds;
            if (!spent.TryGetValue(value.Point.Site, out var times))
                spent.Add(value.Point.Site, times = new double[Repetitions]);
            if (round >= 0)
                times[round] += (now - last) * 1000;
            last = now;
        }

        // Scores and patterns would have to be kept, and the split inputs copied.
        Edit[] clocks = [.. model.HookPoints.Where(p => !IsCostly(p.Site)).Select(p => new Edit(p.ToString(), Tick))];
        for (round = -5; round < Repetitions; round++)
        {
            if (round < 0)
                Thread.Sleep(100);
            last = ProcessorClock.Seconds;
            model.Run(prompt, edit: clocks, logits: LogitsAt.Last);
        }

        var medians = spent.Where(s => s.Value[0] > 0).Select(s => (s.Key, Median: s.Value.Order().ElementAt(Repetitions / 2))).ToArray();
        var total = medians.Sum(m => m.Median);
        foreach (var (site, median) in medians)
            report.Row(name, site.ToString(), Number(median, 2), Percent(median / total));
        report.Row(name, "all", Number(total, 2), "");
    }

    private static bool IsCostly(HookSite site) =>
        site is HookSite.AttnScores or HookSite.Pattern or HookSite.Result or HookSite.MlpInput or HookSite.AttnIn or HookSite.QInput or HookSite.KInput or HookSite.VInput
            or HookSite.FinalScale or HookSite.FinalNormalized or HookSite.UnembedIn or HookSite.UnembedOut;
}
