using System.Diagnostics;
using FeatureInterp.Models;
using FeatureInterp.Saes;
using FeatureInterp.Tensors;
using static FeatureInterp.Benchmarks.Report;

namespace FeatureInterp.Benchmarks;

/// <summary>A steering sweep, beside the same texts made one after another with a KV cache, and without one.</summary>
internal static class SweepQuestion
{
    private const int NewTokens = 95;
    private static readonly double[] Strengths = [-4, -2, 0.5, 2, 4];

    // Of the runs without a cache only every so many are timed, and counted that often.
    private const int Every = 24;

    public static Report Answer()
    {
        var report = new Report("model", "steered", "prompt", "threads", "sweep", "one by one with KV cache", "whole text each token", "÷ one by one", "÷ whole text", "copying the prompt's keys and values");
        var model = Transformer.Load("talegrid-6m");
        var sae = SparseAutoencoder.Load("talegrid-6m-res-l3").For(model);
        Branch[] branches = [.. Strengths.Select(s => sae.Intervene(Intervention.Steer(1754, s, 5)))];
        Branch[] later = [.. Strengths.Select(s => sae.Intervene(Intervention.Steer(1754, s, 5) with { OnPrompt = false }))];
        foreach (var threads in new[] { 1, 2 })
        {
            Workers.SetCount(threads);
            foreach (var length in new[] { 16, 128, 297 })
                Measure(report, model, "everywhere", branches, Prompt(length, model.Config.VocabSize), threads, repetitions: 9);
            Measure(report, model, "new tokens", later, Prompt(297, model.Config.VocabSize), threads, repetitions: 9);
        }

        if (Checkout.RealModel is { } path)
        {
            var real = Transformer.Load(path);
            var vector = Enumerable.Range(0, real.Config.DModel).Select(i => MathF.Sin(i * i)).ToArray();
            Branch[] steered = [.. Strengths.Select(s => (Branch)Hook.Add($"blocks.{real.Config.Layers / 2}.hook_resid_post", vector, (float)s))];
            foreach (var threads in new[] { 1, 2 })
            {
                Workers.SetCount(threads);
                Measure(report, real, "everywhere", steered, Prompt(64, real.Config.VocabSize), threads, repetitions: 3);
            }
        }

        Workers.SetCount(0);

        report.Note($"{Strengths.Length} strengths, {NewTokens} greedy tokens each; with one thread times are processor time, with two time of day; medians of repetitions in which the three take turns, ratios within a repetition. The sweep makes the very texts and log-probabilities of one by one.");
        report.Note($"The embedded model is steered behind block 3 of 6, the real one behind block 15 of 30. Without a cache each token takes a run over the whole text so far (last logits only), the strengths one after another; one in {Every} of these runs is timed and counted {Every} times.");
        return report;
    }

    // Until the runtime has compiled in full what both ways call, which it does in the background.
    private static void WarmUp(Transformer model, Branch[] branches, int[] prompt)
    {
        for (var round = 0; round < 6; round++)
        {
            new Sweep(model, prompt).Generate(branches, 32, stopAtEos: false);
            foreach (var branch in branches)
                model.Generate(prompt, 32, edit: branch.Edits, stopAtEos: false);
            Thread.Sleep(150);
        }
    }

    private static void Measure(Report report, Transformer model, string where, Branch[] branches, int[] prompt, int threads, int repetitions)
    {
        double[] sweeps = new double[repetitions], singles = new double[repetitions], wholes = new double[repetitions], copies = new double[repetitions];
        WarmUp(model, branches, prompt);
        for (var i = -1; i < repetitions; i++)
        {
            IReadOnlyList<GeneratedText> made = [], alone = [];
            var sweep = Seconds(threads, () => made = new Sweep(model, prompt).Generate(branches, NewTokens, stopAtEos: false));
            var single = Seconds(threads, () => alone = [.. branches.Select(b => model.Generate(prompt, NewTokens, edit: b.Edits, stopAtEos: false)[0])]);
            var whole = WithoutCache(model, branches, prompt, made, threads);
            if (!made.Zip(alone).All(pair => pair.First.Tokens.SequenceEqual(pair.Second.Tokens)))
                throw new InvalidOperationException("The sweep's texts are not those made one by one.");
            if (i >= 0)
                (sweeps[i], singles[i], wholes[i], copies[i]) = (sweep, single, whole, Copy(model, prompt.Length, branches.Length, threads));
        }

        report.Row(model.Name, where, $"{prompt.Length}", $"{threads}", Milliseconds(sweeps), Milliseconds(singles), Milliseconds(wholes),
            Number(Median([.. singles.Zip(sweeps, (a, b) => a / b)])) + "×", Number(Median([.. wholes.Zip(sweeps, (a, b) => a / b)])) + "×",
            Percent(Median([.. copies.Zip(sweeps, (a, b) => a / b)])) + " of the sweep");
    }

    private static double WithoutCache(Transformer model, Branch[] branches, int[] prompt, IReadOnlyList<GeneratedText> texts, int threads)
    {
        double seconds = 0;
        for (var b = 0; b < branches.Length; b++)
        {
            for (var made = Every / 2; made < NewTokens; made += Every)
            {
                int[] text = [.. prompt, .. texts[b].Tokens.Take(made)];
                seconds += Seconds(threads, () => model.Run(text, edit: branches[b].Edits, logits: LogitsAt.Last)) * Math.Min(Every, NewTokens - (made - Every / 2));
            }
        }

        return seconds;
    }

    // What it costs that each line copies the prompt's keys and values when it goes on.
    private static double Copy(Transformer model, int tokens, int branches, int threads)
    {
        var c = model.Config;
        var from = new float[tokens * c.KeyValueHeads * c.HeadDim];
        return Seconds(threads, () =>
        {
            for (var i = 0; i < 2 * c.Layers * branches; i++)
                from.CopyTo(GC.AllocateUninitializedArray<float>(from.Length + NewTokens * c.KeyValueHeads * c.HeadDim).AsSpan());
        });
    }

    private static int[] Prompt(int length, int vocabulary) =>
        [.. Enumerable.Range(0, length).Select(i => i == 0 ? 2 : 260 + i * 37 % Math.Min(3000, vocabulary - 300))];

    private static double Seconds(int threads, Action work)
    {
        var start = Now(threads);
        work();
        return Now(threads) - start;
    }

    private static double Now(int threads) => threads == 1 ? ProcessorClock.Seconds : Stopwatch.GetTimestamp() / (double)Stopwatch.Frequency;

    private static string Milliseconds(double[] seconds) => Number(1000 * Median(seconds), 0) + " ms";

    private static double Median(double[] values) => values.Order().ElementAt(values.Length / 2);
}
