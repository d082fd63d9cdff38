using FeatureInterp.Analysis;
using FeatureInterp.Models;
using FeatureInterp.Saes;
using FeatureInterp.Tensors;
using static FeatureInterp.Benchmarks.Report;

namespace FeatureInterp.Benchmarks;

/// <summary>
/// The value that moves a model by a KL divergence, beside the published notebook's way on the same kernels: whole numbers halved, and for each a clean and a clamped run of the
/// right-padded prompts through the SAE, from the first block to every logit.
/// </summary>
internal static class KlTargetQuestion
{
    private const int Repetitions = 9;
    private static readonly double[] Targets = [0.25, 0.5];

    public static Report Answer()
    {
        var report = new Report("features", "targets", "threads", "the notebook's way, ms", "runs of it", "our bisection, ms", "ours, ms", "values tried", "÷ notebook's way", "our bisection ÷ notebook's way");
        var (model, sae) = (Transformer.Load("talegrid-6m"), SparseAutoencoder.Load("talegrid-6m-res-l3"));
        foreach (var threads in new[] { 1, 2 })
        {
            Workers.SetCount(threads);
            foreach (var features in (int[][])[[754], [863], [1754], [754, 863, 1754]])
                Measure(report, model, sae, features, threads);
        }

        Workers.SetCount(0);
        report.Note($"The three prompts of the output-centric notebook; targets {string.Join(" and ", Targets)} nats, each by itself. Medians of {Repetitions} repetitions in which all take turns, ratios within a repetition; with one thread times are processor time, with two time of day.");
        report.Note("The notebook's way is content anywhere from the target to 0.1 above it; ours ends within 1 % of the target. Our bisection tries the notebook's numbers, but runs what does not depend on them once.");
        return report;
    }

    private static void Measure(Report report, Transformer model, SparseAutoencoder sae, int[] features, int threads)
    {
        var bisection = KlTargetOptions.Notebook;
        var (prompts, runs, tried) = (Padded(model), 0, 0);
        foreach (var feature in features)
        {
            foreach (var target in Targets)
            {
                tried += KlTarget.Run(model, Unit.Feature(sae, feature), target).Steps.Count;
                var (value, steps) = Notebook(model, sae, prompts, feature, target);
                runs += 2 * steps;
                var ours = KlTarget.Run(model, Unit.Feature(sae, feature), target, bisection);
                if (ours.Steps.Count != steps || !ours.Value.Equals(value))
                    throw new InvalidOperationException($"The notebook's way ends at {value} after {steps} values, our bisection at {ours.Value} after {ours.Steps.Count}.");
            }
        }

        var times = new Paired(Repetitions, processorTime: threads == 1)
            .Add("notebook", 1, () => Each(features, (f, t) => Notebook(model, sae, prompts, f, t)))
            .Add("bisection", 1, () => Each(features, (f, t) => KlTarget.Run(model, Unit.Feature(sae, f), t, bisection)))
            .Add("ours", 1, () => Each(features, (f, t) => KlTarget.Run(model, Unit.Feature(sae, f), t)))
            .Run(1);
        report.Row(string.Join(", ", features), $"{Targets.Length}", $"{threads}", Number(1000 / times.Rate("notebook")), $"{runs}", Number(1000 / times.Rate("bisection")), Number(1000 / times.Rate("ours")), $"{tried}",
            Number(times.Ratio("ours", "notebook")) + "×", Number(times.Ratio("bisection", "notebook")) + "×");
    }

    private static void Each(int[] features, Action<int, double> work)
    {
        foreach (var feature in features)
        {
            foreach (var target in Targets)
                work(feature, target);
        }
    }

    private static int[][] Padded(Transformer model)
    {
        var tokenizer = model.RequireTokenizer();
        int[][] prompts = [.. new KlTargetOptions().Prompts.Select(p => tokenizer.ToTokens(p))];
        return Array.ConvertAll(prompts, p => (int[])[.. p, .. Enumerable.Repeat(tokenizer.PadId ?? 0, prompts.Max(q => q.Length) - p.Length)]);
    }

    private static (double Value, int Steps) Notebook(Transformer model, SparseAutoencoder sae, int[][] prompts, int feature, double target)
    {
        var (low, high, middle, kl, steps) = (1, 1000, 0, -1.0, 0);
        for (; low + 1 < high && (kl < target || kl > target + 0.1); steps++)
        {
            middle = (low + high) / 2;
            kl = Divergence(model, sae, prompts, feature, middle);
            (low, high) = kl > target ? (low, middle) : (middle, high);
        }

        return (middle, steps);
    }

    private static double Divergence(Transformer model, SparseAutoencoder sae, int[][] prompts, int feature, float value)
    {
        ISplice[] splice = [sae.Splice()];
        var clean = model.Run(prompts, splice: splice).Logits;
        var clamped = model.Run(prompts, edit: [Hook.Set(sae.FeaturesHook, value, index: feature)], splice: splice).Logits;
        float[] p = new float[model.Config.VocabSize], q = new float[p.Length];
        var total = 0.0;
        for (var prompt = 0; prompt < prompts.Length; prompt++)
        {
            var (sum, count) = (0.0, 0);
            for (var i = 0; i < prompts[prompt].Length; i++)
            {
                if (prompts[prompt][i] == 0)
                    continue;
                LogProbabilities(clean[prompt].Row(i), p);
                LogProbabilities(clamped[prompt].Row(i), q);
                System.Numerics.Tensors.TensorPrimitives.Subtract(p, q, q);
                System.Numerics.Tensors.TensorPrimitives.Exp(p, p);
                sum += System.Numerics.Tensors.TensorPrimitives.Dot(p, q);
                count++;
            }

            total += sum / count;
        }

        return total / prompts.Length;
    }

    private static void LogProbabilities(ReadOnlySpan<float> logits, Span<float> logP)
    {
        System.Numerics.Tensors.TensorPrimitives.Subtract(logits, Kernels.LogSumExp(logits), logP);
        System.Numerics.Tensors.TensorPrimitives.Max(logP, MathF.Log(1e-10f), logP);
    }
}
