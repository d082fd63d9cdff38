using FeatureInterp.Models;

namespace FeatureInterp.Saes;

/// <summary>What an SAE is trained for, and how. The defaults are SAELens's but where a property says otherwise.</summary>
public sealed record SaeTrainingOptions
{
    /// <summary>The kind of SAE, with its losses' numbers.</summary>
    public required ISaeObjective Objective { get; init; }

    /// <summary>The hook whose values it is for, such as <c>blocks.3.hook_resid_post</c>.</summary>
    public required HookPoint Hook { get; init; }

    /// <summary>How many features it has.</summary>
    public required int DSae { get; init; }

    /// <summary>How many steps training takes.</summary>
    public required int Steps { get; init; }

    /// <summary>How activations are mixed and how many a step sees.</summary>
    public BatchOptions Batches { get; init; } = new();

    /// <summary>Adam and its learning rate.</summary>
    public OptimizerOptions Optimizer { get; init; } = new();

    /// <summary>What is done to activations before they are encoded.</summary>
    public TrainingNormalization Normalization { get; init; }

    /// <summary>Whether b_dec is taken from the input.</summary>
    public bool AppliesDecoderBias { get; init; } = true;

    /// <summary>How the decoder begins and whether its norms are kept.</summary>
    public DecoderOptions Decoder { get; init; } = new();

    /// <summary>A feature is dead when it has not fired for more than so many steps.</summary>
    public int DeadAfterSteps { get; init; } = 1000;

    /// <summary>Where every random number comes from: two trainings with equal options on equal activations are equal to the bit.</summary>
    public long Seed { get; init; } = 42;

    /// <summary>Where and how often the state is kept; null for never.</summary>
    public CheckpointOptions? Checkpoints { get; init; }

    internal void Validate(int dIn)
    {
        if (dIn < 2)
            throw new SaeException($"{Hook} has {dIn} values a token; an SAE needs at least 2.");
        TrainingFaults.Between(DSae, 1, 1 << 24, nameof(DSae));
        TrainingFaults.Between((double)DSae * dIn, 1, 1 << 30, $"{nameof(DSae)} · d_in", "what one array holds");
        TrainingFaults.Between(Steps, 1, int.MaxValue, nameof(Steps));
        TrainingFaults.Between(DeadAfterSteps, 1, int.MaxValue, nameof(DeadAfterSteps));
        if (!Enum.IsDefined(Normalization))
            throw new SaeException($"{nameof(Normalization)} is {(int)Normalization}, which is none of {string.Join(", ", Enum.GetNames<TrainingNormalization>())}.");
        Batches.Validate(dIn);
        Optimizer.Validate(Steps);
        Decoder.Validate();
        Checkpoints?.Validate();
        Objective.Validate(this);
    }
}

/// <summary>How activations are mixed and handed out.</summary>
public sealed record BatchOptions
{
    /// <summary>How many activations a step sees.</summary>
    public int Size { get; init; } = 4096;

    /// <summary>
    /// How many activations are held and shuffled: neighbours in a text are alike, and a batch of them would teach the same thing over and over. When half are
    /// used up, new ones come in and all are shuffled again.
    /// </summary>
    public int BufferRows { get; init; } = 32768;

    internal void Validate(int dIn)
    {
        TrainingFaults.Between(Size, 1, 1 << 24, nameof(Size));
        TrainingFaults.Between(BufferRows, Size, 1 << 28, nameof(BufferRows), "from the size of a batch");
        TrainingFaults.Between((double)BufferRows * dIn, 1, 1 << 30, $"{nameof(BufferRows)} · d_in", "what one array holds");
    }
}

/// <summary>Adam (Kingma and Ba 2015), its learning rate, and the clipping of gradients before it.</summary>
public sealed record OptimizerOptions
{
    /// <summary>The learning rate of each step.</summary>
    public LearningRateSchedule LearningRate { get; init; } = new();

    /// <summary>How much of the mean gradient a step keeps.</summary>
    public double Beta1 { get; init; } = 0.9;

    /// <summary>How much of the mean squared gradient a step keeps.</summary>
    public double Beta2 { get; init; } = 0.999;

    /// <summary>Added to the root of the mean square.</summary>
    public double Epsilon { get; init; } = 1e-8;

    /// <summary>Gradients whose norm over all parameters is larger are scaled down to it.</summary>
    public double MaxGradientNorm { get; init; } = 1;

    internal void Validate(long steps)
    {
        TrainingFaults.Between(Beta1, 0, 1 - 1e-9, nameof(Beta1));
        TrainingFaults.Between(Beta2, 0, 1 - 1e-9, nameof(Beta2));
        TrainingFaults.Positive(Epsilon, nameof(Epsilon));
        TrainingFaults.Positive(MaxGradientNorm, nameof(MaxGradientNorm));
        LearningRate.Validate(steps);
    }
}

/// <summary>The decoder's norms.</summary>
public sealed record DecoderOptions
{
    /// <summary>The norm each row starts with; null leaves them as they are drawn.</summary>
    public double? InitialNorm { get; init; } = 0.1;

    /// <summary>
    /// Whether each row is brought back to norm 1 after a step, the part of its gradient along itself being taken off before: for penalties on f alone, which growing
    /// rows would escape. SAELens measures features by their rows' norms instead and lets the rows go; so is the default.
    /// </summary>
    public bool KeepsUnitNorm { get; init; }

    internal void Validate()
    {
        if (InitialNorm is { } norm)
            TrainingFaults.Positive(norm, nameof(InitialNorm));
    }
}

/// <summary>Where and how often training keeps its state.</summary>
/// <param name="Folder">The folder; it is made if it is not there. Only the latest checkpoint stays in it.</param>
/// <param name="EverySteps">After how many steps; training that is cancelled writes one more.</param>
/// <param name="Resume">Whether to go on from a checkpoint that is there, to the same bits as if training had never stopped; else it is an error.</param>
public sealed record CheckpointOptions(string Folder, int EverySteps, bool Resume = true)
{
    internal void Validate()
    {
        if (string.IsNullOrWhiteSpace(Folder))
            throw new SaeException("Checkpoints need a folder; name one, or leave Checkpoints out.");
        TrainingFaults.Between(EverySteps, 1, int.MaxValue, nameof(EverySteps));
    }
}
