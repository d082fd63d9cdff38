using FeatureInterp.Models;
using FeatureInterp.Saes;
using FeatureInterp.Tensors;

namespace FeatureInterp.Benchmarks;

/// <summary>
/// A step of training beside the product of its batch with the encoder alone, which no step can do without. Everything else (decoding, gradients, Adam) is counted
/// against it. On activations of the embedded model that are in memory already.
/// </summary>
internal static class SaeTrainingQuestion
{
    private const int Repetitions = 7;
    private const int DSae = 2048;
    private const int BatchSize = 4096;

    // So many steps first, so that features are as few as in most of a training.
    private const int StepsBefore = 150;

    private static readonly (string Name, ISaeObjective Objective)[] Kinds =
    [
        ("BatchTopK, k 24", new BatchTopKTraining { K = 24 }),
        ("TopK, k 24", new TopKTraining { K = 24 }),
        ("Matryoshka, k 24, 4 widths", new MatryoshkaTraining { K = 24, Widths = [128, 512, 1024] }),
        ("JumpReLU, step loss", new JumpReLUTraining { L0Coefficient = 1, InitialThreshold = 0.4 }),
        ("standard", new StandardTraining { L1Coefficient = 3, L1WarmUpSteps = 100 }),
        ("gated", new GatedTraining { L1Coefficient = 3, L1WarmUpSteps = 100 }),
    ];

    public static Report Answer()
    {
        var report = new Report("kind", "L0", "threads", "tokens/s median", "best", "the product alone, tokens/s", "the product's share of a step");
        var model = Transformer.Load("talegrid-6m");
        var hook = HookPoint.Parse("blocks.3.hook_resid_post");
        var source = TensorActivations.Of(new ModelActivations(model, hook, TrainingCorpus.Puzzles(model, rows: 260, seed: 1)), 16 * BatchSize);
        foreach (var (name, objective) in Kinds)
            Measure(report, name, objective, hook, source);
        report.Note($"d_in {source.Width}, d_sae {DSae}, batches of {BatchSize}, after {StepsBefore} steps of training; a step is everything: mixing, losses, gradients, clipping, Adam. Medians of {Repetitions} interleaved repetitions; the share is the median of the ratios within a repetition. With one thread, time is the processor's, so that what others take of it is not counted; with two it is the clock's.");
        report.Note("The product alone is the batch times the encoder. BatchTopK, TopK and Matryoshka have no other dense product; for the others features are few only once they are trained.");
        return report;
    }

    private static void Measure(Report report, string name, ISaeObjective objective, HookPoint hook, TensorActivations source)
    {
        var options = new SaeTrainingOptions
        {
            Objective = objective,
            Hook = hook,
            DSae = DSae,
            Steps = 1 << 20,
            Normalization = TrainingNormalization.ExpectedAverageOnlyIn,
            Batches = new BatchOptions { Size = BatchSize, BufferRows = 8 * BatchSize },
            Optimizer = new OptimizerOptions { LearningRate = new LearningRateSchedule { Rate = 1e-3, WarmUpSteps = 50 } },
        };
        var trainer = new SaeTrainer(source, options);
        trainer.Begin(default);
        for (var step = 0; step < StepsBefore; step++)
            trainer.Step(default);
        var quality = trainer.Step(default);
        source.Seek(0);
        var x = source.Next(default)!.Rows(0, BatchSize);
        var pre = Tensor.Uninitialized(BatchSize, DSae);
        foreach (var threads in new[] { 1, 2 })
        {
            Workers.SetCount(threads);
            var times = new Paired(Repetitions, processorTime: threads == 1)
                .Add("step", BatchSize, () => trainer.Step(default))
                .Add("product", BatchSize, () => Kernels.Linear(x.Span, trainer.Parameters.Encoder.View, pre.Span))
                .Run(millisecondsEach: 300);
            report.Row(name, Report.Number(quality.L0), $"{threads}", Report.Number(times.Rate("step"), 0), Report.Number(times.Best("step"), 0), Report.Number(times.Rate("product"), 0), Report.Percent(times.Ratio("step", "product")));
        }

        Workers.SetCount(0);
    }
}
