using System.Globalization;
using FeatureInterp.Models;
using FeatureInterp.Tensors;
using static FeatureInterp.Benchmarks.Report;

namespace FeatureInterp.Benchmarks;

/// <summary>Prefills beside the system's PyTorch (Debian: python3-torch), eager, on the same weights in fp32; each takes its turn.</summary>
internal static class TorchQuestion
{
    private const int Tokens = 512;
    private const int Repetitions = 9;

    public static Report Answer()
    {
        var report = new Report("model", "threads", "ms", "PyTorch ms", "× PyTorch's speed", "largest difference of a logit");
        foreach (var threads in new[] { 1, 2 })
        {
            using (var gpt2 = TemporaryModel.Gpt2Small(DType.F32))
                Measure(report, "GPT-2 small", gpt2, threads);
            using (var smol = TemporaryModel.SmolLm2(DType.F32))
                Measure(report, "SmolLM2-135M", smol, threads);
        }

        Workers.SetCount(0);
        report.Note($"{Tokens} tokens, logits of the last, fp32 weights. Medians of {Repetitions} repetitions in which the two take turns; the ratio is the median of those within a repetition. With one thread times are processor time, with two time of day.");
        return report;
    }

    private static void Measure(Report report, string name, TemporaryModel temporary, int threads)
    {
        using var torch = TorchProcess.Start(temporary, threads, Tokens);
        if (torch is null)
        {
            report.Note($"{name}, {threads} threads: PyTorch is not installed (python3 -c 'import torch' fails), so there is nothing to compare with.");
            return;
        }

        Workers.SetCount(threads);
        var model = Transformer.Load(temporary.Folder);
        var prompt = Enumerable.Range(0, Tokens).Select(i => i * 37 % 20000).ToArray();
        double[] ours = new double[Repetitions], theirs = new double[Repetitions];
        for (var i = -3; i < Repetitions; i++)
        {
            var start = Now(threads);
            model.Run(prompt, logits: LogitsAt.Last);
            var (mine, other) = (Now(threads) - start, torch.Run());
            if (i >= 0)
                (ours[i], theirs[i]) = (mine, other);
        }

        var logits = model.Run(prompt, logits: LogitsAt.Last).LastLogits().Span.ToArray();
        var difference = logits.Zip(torch.Logits(), (a, b) => Math.Abs(a - b)).Max();
        report.Row(name, $"{threads}", Number(1000 * Median(ours)), Number(1000 * Median(theirs)), Number(Median([.. theirs.Zip(ours, (a, b) => a / b)]), 2), difference.ToString("G2", CultureInfo.InvariantCulture));
    }

    private static double Now(int threads) => threads == 1 ? ProcessorClock.Seconds : System.Diagnostics.Stopwatch.GetTimestamp() / (double)System.Diagnostics.Stopwatch.Frequency;

    private static double Median(double[] values) => values.Order().ElementAt(values.Length / 2);
}
