using System.Diagnostics;
using FeatureInterp.Models;
using FeatureInterp.Saes;
using FeatureInterp.Tensors;
using static FeatureInterp.Benchmarks.Report;

namespace FeatureInterp.Benchmarks;

/// <summary>Trains an SAE like the one that comes with the project, from nothing, and measures both on the same tokens.</summary>
internal static class SaeReproduceQuestion
{
    private const int TrainingRows = 1290;     // of 255 tokens each: 329 thousand activations
    private const int HeldOutRows = 120;
    private const int Steps = 2600;

    public static Report Answer()
    {
        var report = new Report("SAE", "tokens of", "L0", "explained variance", "share of features that fire");
        var model = Transformer.Load("talegrid-6m");
        var hook = HookPoint.Parse("blocks.3.hook_resid_post");
        var clock = Stopwatch.StartNew();
        var processor = ProcessorClock.Seconds;
        var rows = Mixed(model, TrainingRows + HeldOutRows);
        var text = clock.Elapsed;
        var activations = TensorActivations.Of(new ModelActivations(model, hook, rows[HeldOutRows..]), int.MaxValue);
        var made = clock.Elapsed;
        var trained = SaeTraining.Run(activations, new SaeTrainingOptions
        {
            Objective = new BatchTopKTraining { K = 24 },
            Hook = hook,
            DSae = 2048,
            Steps = Steps,
            Normalization = TrainingNormalization.ExpectedAverageOnlyIn,
            DeadAfterSteps = 100,
            Batches = new BatchOptions { Size = 4096, BufferRows = 1 << 17 },
            Optimizer = new OptimizerOptions { LearningRate = new LearningRateSchedule { Rate = 1e-3, WarmUpSteps = 100, DecaySteps = Steps / 4 } },
        }, new Progress());
        var done = clock.Elapsed;
        processor = ProcessorClock.Seconds - processor;

        var folder = Directory.CreateTempSubdirectory("reproduced-");
        try
        {
            trained.Save(folder.FullName);
            var (ours, theirs) = (SparseAutoencoder.Load(folder.FullName), SparseAutoencoder.Load("talegrid-6m-res-l3"));
            foreach (var (name, sae) in new[] { ("trained here", ours), ("that of the project", theirs) })
            {
                Judge(report, name, "the training mixture, held out", sae, new ModelActivations(model, hook, rows[..HeldOutRows]));
                Judge(report, name, "the test corpus, all positions", sae, new ModelActivations(model, hook, TestCorpus(), excludeSpecialTokens: false));
            }
        }
        finally
        {
            folder.Delete(recursive: true);
        }

        report.Note($"{Workers.Count} threads; {activations.Count} activations (stories from {Path.GetFileName(TrainingCorpus.TextPath)}, told by the model where that is too short; made-up puzzles), {trained.Tokens} seen. BatchTopK, k 24, d_sae 2,048, saved with one threshold.");
        report.Note($"Minutes: {Number(text.TotalMinutes, 2)} for the text, {Number((made - text).TotalMinutes, 2)} for the activations, {Number((done - made).TotalMinutes, 2)} of training ({Number(trained.Tokens / (done - made).TotalSeconds, 0)} tokens/s), {Number(done.TotalMinutes, 2)} in all; of processor time, over all threads, {Number(processor / 60, 2)}.");
        return report;
    }

    // 45 % stories and 55 % puzzles, as the project's SAE had; held-out rows come first, mixed alike.
    private static int[][] Mixed(Transformer model, int rows)
    {
        var stories = rows * 45 / 100;
        int[][] all = [.. TrainingCorpus.Stories(model, stories, seed: 1), .. TrainingCorpus.Puzzles(model, rows - stories, seed: 2)];
        new Random(3).Shuffle(all);
        return all;
    }

    private static int[][] TestCorpus()
    {
        var tokens = SafetensorsFile.Open(Path.Combine(Checkout.Root, "tests", "FeatureInterp.Tests", "Fixtures", "Embedded", "golden.safetensors"))["corpus/tokens"];
        var flat = tokens.ToInt64();
        return [.. Enumerable.Range(0, tokens.RowCount).Select(r => Array.ConvertAll(flat[(r * tokens.RowLength)..((r + 1) * tokens.RowLength)], t => (int)t))];
    }

    private static void Judge(Report report, string name, string of, SparseAutoencoder sae, ModelActivations source)
    {
        var x = TensorActivations.Of(source, int.MaxValue);
        var all = x.Next(default);
        var (mean, count, fired) = (new double[x.Width], 0, 0L);
        var everFired = new bool[sae.Config.DSae];
        var blocks = new List<Tensor>();
        for (var block = all; block is not null; block = x.Next(default))
        {
            blocks.Add(block);
            count += block.Shape[0];
            for (var i = 0; i < block.Length; i++)
                mean[i % x.Width] += block.Span[i];
        }

        var (error, variance) = (0.0, 0.0);
        foreach (var block in blocks)
        {
            var features = sae.Encode(block);
            fired += features.Count;
            foreach (var feature in features)
                everFired[feature.Feature] = true;
            var output = sae.Decode(features);
            for (var i = 0; i < block.Length; i++)
            {
                error += Math.Pow(block.Span[i] - output.Span[i], 2);
                variance += Math.Pow(block.Span[i] - mean[i % x.Width] / count, 2);
            }
        }

        report.Row(name, of, Number((double)fired / count), Number(1 - error / variance, 4), Percent(everFired.Count(f => f) / (double)everFired.Length));
    }

    private sealed class Progress : IProgress<SaeTrainingProgress>
    {
        public void Report(SaeTrainingProgress p)
        {
            if (p.Step % 100 == 0 || p.Step == 1)
                Console.Error.WriteLine($"step {p.Step} of {p.Steps}: loss {Number(p.Quality.Loss, 2)}, L0 {Number(p.Quality.L0)}, explained {Number(p.Quality.ExplainedVariance, 4)}, dead {Percent(p.Quality.DeadShare)}, {Number(p.TokensPerSecond, 0)} tokens/s, {p.TimeLeft:mm\\:ss} left");
        }
    }
}
