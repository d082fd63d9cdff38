using System.Diagnostics;
using FeatureInterp.Models;
using FeatureInterp.Tensors;
using static FeatureInterp.Benchmarks.Report;

namespace FeatureInterp.Benchmarks;

/// <summary>SmolLM2-135M from its Q4_1 file, whole: embedding to sampled token, beside llama.cpp on the same file and threads.</summary>
internal static class LlamaCppQuestion
{
    private const int PromptTokens = 512;
    private const int Context = 24;
    private const int NewTokens = 64;
    private const int Rounds = 5;

    public static Report Answer()
    {
        var report = new Report("work", "threads", "ms median", "best", "tokens/s", "llama.cpp ms median", "best", "its tokens/s", "llama.cpp ÷ ours", "in CPU time");
        if (Checkout.RealModel is not { } path || LlamaCpp.Find() is not { } peer)
        {
            report.Note("The real model or llama.cpp was not at hand (FEATUREINTERP_LLAMACPP names the folder of llamacpp.mjs and its node_modules): nothing was measured.");
            return report;
        }

        var model = Transformer.Load(path);
        var prompt = Enumerable.Range(0, PromptTokens).Select(i => 1000 + i * 7919 % 40000).ToArray();
        foreach (var threads in new[] { 1, 2 })
        {
            Workers.SetCount(threads);
            Race(report, "prefill", threads, PromptTokens, () => peer.Milliseconds(path, threads, decode: false), () => Prefill(model, prompt));
            Race(report, "decode", threads, 1, () => peer.Milliseconds(path, threads, decode: true), () => Decode(model, prompt[..Context]));
        }

        Workers.SetCount(0);
        report.Note($"Prefill: {PromptTokens} tokens, ours to the last token's logits. Decode: greedy, {NewTokens} tokens after {Context}, ms a token. Ours multiplies exact weights by fp32 activations; llama.cpp rounds activations to 8 bits.");
        report.Note($"Medians of {Rounds} rounds in which the two take turns, llama.cpp in a process of its own, which warms up first; ratios within a round. CPU time adds up all threads.");
        return report;
    }

    private static void Race(Report report, string work, int threads, int tokens, Func<(double Clock, double Cpu)> theirs, Func<(double Clock, double Cpu)> ours)
    {
        ours();
        var rounds = Enumerable.Range(0, Rounds).Select(_ => (Theirs: theirs(), Ours: ours())).ToArray();
        double our = Median(rounds.Select(r => r.Ours.Clock)), their = Median(rounds.Select(r => r.Theirs.Clock));
        report.Row(work, $"{threads}", Number(our, 2), Number(rounds.Min(r => r.Ours.Clock), 2), Number(1000 * tokens / our),
            Number(their, 2), Number(rounds.Min(r => r.Theirs.Clock), 2), Number(1000 * tokens / their),
            Number(Median(rounds.Select(r => r.Theirs.Clock / r.Ours.Clock)), 2), Number(Median(rounds.Select(r => r.Theirs.Cpu / r.Ours.Cpu)), 2));
    }

    private static (double Clock, double Cpu) Prefill(Transformer model, int[] prompt)
    {
        var (start, cpu) = (Stopwatch.GetTimestamp(), Environment.CpuUsage.TotalTime);
        model.Run(prompt, logits: LogitsAt.Last);
        return (Stopwatch.GetElapsedTime(start).TotalMilliseconds, (Environment.CpuUsage.TotalTime - cpu).TotalMilliseconds);
    }

    private static (double Clock, double Cpu) Decode(Transformer model, int[] prompt)
    {
        long first = 0, last = 0;
        TimeSpan before = default, after = default;
        model.Generate(prompt, NewTokens + 1, stopAtEos: false, onToken: _ =>
        {
            (last, after) = (Stopwatch.GetTimestamp(), Environment.CpuUsage.TotalTime);
            if (first == 0)
                (first, before) = (last, after);
        });
        return (Stopwatch.GetElapsedTime(first, last).TotalMilliseconds / NewTokens, (after - before).TotalMilliseconds / NewTokens);
    }

    private static double Median(IEnumerable<double> values) => values.Order().ElementAt(Rounds / 2);
}
