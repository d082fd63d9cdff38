using System.Diagnostics;
using FeatureInterp.Analysis;
using FeatureInterp.Models;
using FeatureInterp.Saes;
using FeatureInterp.Tensors;
using static FeatureInterp.Benchmarks.Report;

namespace FeatureInterp.Benchmarks;

/// <summary>
/// Many features of one answer ablated at once, beside the same features one after another: with keys and values of the prompt kept for the answer, and as the published notebook does it, a whole run of
/// prompt and answer with all logits for each feature and, for the text, a whole run for each new token.
/// </summary>
internal static class AblationQuestion
{
    private const int Repetitions = 5;
    private const int NewTokens = 42;

    // Of the runs that make a text without a cache only every so many are timed, and counted that often.
    private const int Every = 14;

    public static Report Answer()
    {
        var report = new Report("what", "features", "prompt + answer", "threads", "at once", "one by one with KV cache", "the notebook's way", "÷ one by one", "÷ the notebook's way");
        var model = Transformer.Load("talegrid-6m");
        var sae = SparseAutoencoder.Load("talegrid-6m-res-l3").For(model);
        var prompt = model.RequireTokenizer().ToTokens(ArcTask.Load("e9afcf9a").Prompt(), model.PrependsBos);
        int[] answer = [.. model.Generate(prompt, NewTokens, stopAtEos: false)[0].Tokens];
        int[] features = [.. Ablation.Run(model, sae, prompt, answer, options: new() { MaxFeatures = 64, Details = 0, NewTokens = 0 }).Lines.Select(l => l.Features[0])];
        foreach (var threads in new[] { 1, 2 })
        {
            Workers.SetCount(threads);
            Measure(report, "the answer's scores", model, sae, prompt, answer, features, threads, texts: false);
            Measure(report, "scores and greedy texts", model, sae, prompt, answer, features[..8], threads, texts: true);
        }

        Workers.SetCount(0);
        report.Note($"Medians of {Repetitions} repetitions in which the three take turns, ratios within a repetition; with one thread times are processor time, with two time of day. All on the same kernels, so the notebook's way is timed too short rather than too long. All three give the same log-probabilities (checked to 1e-3 nats a token).");
        report.Note($"At once also gives the direct effects and, with the texts, the response of each layer, which the others do not. Its texts include those with nothing ablated. Of the notebook's runs for {NewTokens} new tokens one in {Every} is timed and counted {Every} times.");
        return report;
    }

    private static void Measure(Report report, string what, Transformer model, SparseAutoencoder sae, int[] prompt, int[] answer, int[] features, int threads, bool texts)
    {
        Branch[] branches = [.. features.Select(f => sae.Intervene(Intervention.Zero(f)))];
        var options = new AblationOptions { Details = texts ? features.Length : 0, NewTokens = texts ? NewTokens : 0 };
        double[] together = new double[Repetitions], cached = new double[Repetitions], whole = new double[Repetitions];
        for (var i = -1; i < Repetitions; i++)
        {
            AblationResult? result = null;
            double[][] one = [], notebook = [];
            var (a, b) = (Seconds(threads, () => result = Ablation.Run(model, sae, prompt, answer, features, options)), Seconds(threads, () => one = [.. branches.Select(branch => Cached(model, branch, prompt, answer))]));
            var c = Seconds(threads, () => notebook = [.. branches.Select(branch => Scores(model.Run((int[])[.. prompt, .. answer], edit: branch.Edits, splice: branch.Splices).Logits[0], prompt.Length - 1, answer))]);
            if (texts)
            {
                b += Seconds(threads, () =>
                {
                    foreach (var branch in branches)
                        model.Generate(prompt, NewTokens, edit: branch.Edits, splice: branch.Splices);
                });
                c += WithoutCache(model, branches, prompt, answer, threads);
            }

            for (var f = 0; f < features.Length; f++)
                Check(result!.Lines[f].Score, one[f], notebook[f]);
            if (i >= 0)
                (together[i], cached[i], whole[i]) = (a, b, c);
        }

        report.Row(what, $"{features.Length}", $"{prompt.Length} + {answer.Length}", $"{threads}", Milliseconds(together), Milliseconds(cached), Milliseconds(whole),
            Number(Median([.. cached.Zip(together, (x, y) => x / y)])) + "×", Number(Median([.. whole.Zip(together, (x, y) => x / y)])) + "×");
    }

    // The prompt once into a cache, for its last logits; then the answer behind it.
    private static double[] Cached(Transformer model, Branch branch, int[] prompt, int[] answer)
    {
        var cache = new KvCache(model.Config, 1);
        var first = model.Run(prompt, edit: branch.Edits, splice: branch.Splices, cache: cache, logits: LogitsAt.Last).Logits[0];
        var rest = model.Run(answer[..^1], edit: branch.Edits, splice: branch.Splices, cache: cache).Logits[0];
        return [.. Scores(first, 0, answer[..1]), .. Scores(rest, 0, answer[1..])];
    }

    private static double WithoutCache(Transformer model, Branch[] branches, int[] prompt, int[] answer, int threads)
    {
        double seconds = 0;
        foreach (var branch in branches)
        {
            for (var made = Every / 2; made < NewTokens; made += Every)
            {
                int[] text = [.. prompt, .. answer[..made]];
                seconds += Every * Seconds(threads, () => model.Run(text, edit: branch.Edits, splice: branch.Splices));
            }
        }

        return seconds;
    }

    private static double[] Scores(Tensor logits, int first, int[] answer) =>
        [.. answer.Select((token, i) => logits.Row(first + i)[token] - (double)Kernels.LogSumExp(logits.Row(first + i)))];

    private static void Check(AnswerScore score, params double[][] others)
    {
        foreach (var other in others)
        {
            for (var t = 0; t < other.Length; t++)
            {
                if (!(Math.Abs(score.Tokens[t].LogProbability - other[t]) < 1e-3 * Math.Max(1, Math.Abs(other[t]))))
                    throw new InvalidOperationException($"Token {t} has log-probability {score.Tokens[t].LogProbability} at once and {other[t]} by itself.");
            }
        }
    }

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
