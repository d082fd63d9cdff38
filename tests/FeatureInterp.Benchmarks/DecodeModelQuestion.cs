using System.Diagnostics;
using FeatureInterp.Models;
using FeatureInterp.Tensors;
using static FeatureInterp.Benchmarks.Report;

namespace FeatureInterp.Benchmarks;

/// <summary>One new token at a time through models of published shapes, beside the speed at which their weights can be read.</summary>
internal static unsafe class DecodeModelQuestion
{
    private const int NewTokens = 24;
    private const int Repetitions = 11;

    public static Report Answer()
    {
        var report = new Report("model", "context", "threads", "ms a token", "GB/s of weights", "reading them ÷ token", "their products ÷ token");
        using (var gpt2 = TemporaryModel.Gpt2Small(DType.BF16))
            Measure(report, "GPT-2 small", gpt2);
        using (var smol = TemporaryModel.SmolLm2(DType.BF16))
            Measure(report, "SmolLM2-135M", smol);
        Workers.SetCount(0);
        report.Note($"Batch of one, bf16, greedy generation, the median time between two of {NewTokens} new tokens; medians of {Repetitions} repetitions in which the three take turns, ratios within a repetition. With one thread times are processor time, with two time of day.");
        report.Note("Reading: adding up every matrix the token meets, and as many bytes as the context's keys and values have (fp32), with the widest vectors; products: those of the token alone, one after another.");
        return report;
    }

    private static void Measure(Report report, string name, TemporaryModel temporary)
    {
        var model = Transformer.Load(temporary.Folder);
        var products = new ModelProducts(temporary, 1);
        foreach (var context in new[] { 16, 512 })
        {
            var prompt = Enumerable.Range(0, context).Select(i => i * 37 % 20000).ToArray();
            var cache = new float[2L * model.Config.Layers * model.Config.KeyValueHeads * model.Config.HeadDim * context];
            void Read()
            {
                products.Read();
                fixed (float* p = cache)
                    Machine.Read((byte*)p, sizeof(float) * cache.Length);
            }

            foreach (var threads in new[] { 1, 2 })
            {
                Workers.SetCount(threads);
                double[] tokens = new double[Repetitions], reads = new double[Repetitions], multiplies = new double[Repetitions];
                for (var i = -2; i < Repetitions; i++)
                {
                    var (token, read, multiply) = (Token(model, prompt, threads), Time(Read, threads), Time(products.Run, threads));
                    if (i >= 0)
                        (tokens[i], reads[i], multiplies[i]) = (token, read, multiply);
                }

                report.Row(name, $"{context}", $"{threads}", Number(1000 * Median(tokens), 2), Number(products.Bytes / Median(tokens) / 1e9),
                    Percent(Median([.. reads.Zip(tokens, (a, b) => a / b)])), Percent(Median([.. multiplies.Zip(tokens, (a, b) => a / b)])));
            }
        }
    }

    // The median over the tokens: once in a while the runtime gives memory of earlier runs back to the system in the middle of one.
    private static double Token(Transformer model, int[] prompt, int threads)
    {
        var times = new List<double>(NewTokens);
        model.Generate(prompt, NewTokens, stopAtEos: false, onToken: _ => times.Add(Now(threads)));
        return Median([.. times.Zip(times.Skip(1), (a, b) => b - a)]);
    }

    private static double Time(Action work, int threads)
    {
        var times = new double[NewTokens - 1];
        for (var i = 0; i < times.Length; i++)
        {
            var start = Now(threads);
            work();
            times[i] = Now(threads) - start;
        }

        return Median(times);
    }

    private static double Now(int threads) => threads == 1 ? ProcessorClock.Seconds : Stopwatch.GetTimestamp() / (double)Stopwatch.Frequency;

    private static double Median(double[] values) => values.Order().ElementAt(values.Length / 2);
}
