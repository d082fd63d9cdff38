using System.Diagnostics;
using FeatureInterp.Models;

namespace FeatureInterp.Saes;

/// <summary>Trains sparse autoencoders on the activations of a local model.</summary>
public static class SaeTraining
{
    /// <summary>The number of tokens of a row where a text is given and nothing else is said.</summary>
    public const int DefaultRowLength = 256;

    /// <summary>Trains on what a model makes of a text.</summary>
    /// <param name="model">The model.</param>
    /// <param name="text">The text, cut into rows of <see cref="DefaultRowLength"/> tokens (or the model's context, if shorter); see <see cref="TrainingRows"/>. Special tokens are left out.</param>
    /// <param name="options">What is trained, and how.</param>
    /// <param name="progress">Told after every step.</param>
    /// <param name="cancellation">Stops after the present step; with checkpoints, one is written first.</param>
    /// <exception cref="SaeException">Options or activations make no sense, or training ran away; the message says which and what to do.</exception>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    public static TrainedSae Run(Transformer model, string text, SaeTrainingOptions options, IProgress<SaeTrainingProgress>? progress = null, CancellationToken cancellation = default) =>
        Run(model, TrainingRows.Of(model, text, Math.Min(DefaultRowLength, model.Config.ContextLength)), options, progress, cancellation);

    /// <summary>Trains on what a model makes of token rows; special tokens are left out where the model has a tokenizer that knows them.</summary>
    /// <param name="model">The model.</param>
    /// <param name="rows">The token rows, each run by itself.</param>
    /// <param name="options">What is trained, and how.</param>
    /// <param name="progress">Told after every step.</param>
    /// <param name="cancellation">Stops after the present step; with checkpoints, one is written first.</param>
    /// <exception cref="SaeException">Options or activations make no sense, or training ran away; the message says which and what to do.</exception>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    public static TrainedSae Run(Transformer model, IReadOnlyList<int[]> rows, SaeTrainingOptions options, IProgress<SaeTrainingProgress>? progress = null, CancellationToken cancellation = default) =>
        Run(new ModelActivations(model, options.Hook, rows, excludeSpecialTokens: model.Tokenizer is not null), options, progress, cancellation);

    /// <summary>Trains on activations from anywhere.</summary>
    /// <param name="source">The activations; read over and over.</param>
    /// <param name="options">What is trained, and how.</param>
    /// <param name="progress">Told after every step.</param>
    /// <param name="cancellation">Stops after the present step; with checkpoints, one is written first.</param>
    /// <exception cref="SaeException">Options or activations make no sense, or training ran away; the message says which and what to do.</exception>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    public static TrainedSae Run(IActivationSource source, SaeTrainingOptions options, IProgress<SaeTrainingProgress>? progress = null, CancellationToken cancellation = default)
    {
        options.Validate(source.Width);
        var recipe = TrainingRecipe.Text(source, options);
        var trainer = new SaeTrainer(source, options);
        if (options.Checkpoints is { } kept && TrainingState.Latest(kept.Folder) is { } latest)
        {
            if (!kept.Resume)
                throw new SaeException($"There is a checkpoint already, {latest}; let training resume from it, remove it, or name another folder.");
            trainer.Restore(TrainingState.Open(latest, recipe));
        }
        else
        {
            trainer.Begin(cancellation);
        }

        var quality = Loop(trainer, options, recipe, progress, cancellation);
        return new TrainedSae(options, trainer, source.Origin, recipe, quality);
    }

    private static SaeTrainingQuality? Loop(SaeTrainer trainer, SaeTrainingOptions options, string recipe, IProgress<SaeTrainingProgress>? progress, CancellationToken cancellation)
    {
        SaeTrainingQuality? quality = null;
        var (started, first) = (Stopwatch.GetTimestamp(), trainer.StepsDone);
        while (trainer.StepsDone < options.Steps)
        {
            // Cancelled between steps, the state is whole; a step that is itself cut short has drawn activations already and must not be kept.
            if (cancellation.IsCancellationRequested)
            {
                Keep(trainer, options, recipe);
                cancellation.ThrowIfCancellationRequested();
            }

            var rate = options.Optimizer.LearningRate.At(trainer.StepsDone, options.Steps);
            quality = trainer.Step(cancellation);
            if (options.Checkpoints is { } kept && trainer.StepsDone % kept.EverySteps == 0)
                Keep(trainer, options, recipe);
            if (progress is null)
                continue;
            var seconds = Stopwatch.GetElapsedTime(started).TotalSeconds;
            var perSecond = (trainer.StepsDone - first) / Math.Max(seconds, 1e-9);
            progress.Report(new SaeTrainingProgress(trainer.StepsDone, options.Steps, (long)trainer.StepsDone * options.Batches.Size,
                perSecond * options.Batches.Size, TimeSpan.FromSeconds((options.Steps - trainer.StepsDone) / perSecond), rate, quality));
        }

        return quality;
    }

    private static void Keep(SaeTrainer trainer, SaeTrainingOptions options, string recipe)
    {
        if (options.Checkpoints is { } kept)
            TrainingState.Write(kept.Folder, trainer.StepsDone, trainer.Save, recipe);
    }
}
