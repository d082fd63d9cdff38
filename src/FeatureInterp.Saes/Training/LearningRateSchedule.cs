namespace FeatureInterp.Saes;

/// <summary>How the learning rate goes between warm-up and decay.</summary>
public enum LearningRateShape
{
    /// <summary>It stays.</summary>
    Constant,

    /// <summary>It falls along half a cosine to <see cref="LearningRateSchedule.FinalRate"/> (Loshchilov and Hutter 2017).</summary>
    Cosine,

    /// <summary>The same several times, each time from the top.</summary>
    CosineWithRestarts,
}

/// <summary>SAELens's learning rates: a straight rise, a shape, a straight fall to zero.</summary>
public sealed record LearningRateSchedule
{
    /// <summary>The rate after warm-up.</summary>
    public double Rate { get; init; } = 3e-4;

    /// <summary>What happens between warm-up and decay.</summary>
    public LearningRateShape Shape { get; init; } = LearningRateShape.Constant;

    /// <summary>The steps of the rise: step i of w has (i + 1)/w of the rate.</summary>
    public int WarmUpSteps { get; init; }

    /// <summary>The steps of the fall at the end: step i of n has 1 − i/n of what the shape ended with.</summary>
    public int DecaySteps { get; init; }

    /// <summary>Where a cosine ends.</summary>
    public double FinalRate { get; init; } = 3e-5;

    /// <summary>How often a cosine with restarts runs.</summary>
    public int Cycles { get; init; } = 1;

    /// <summary>The rate of a step.</summary>
    /// <param name="step">The step, from 0.</param>
    /// <param name="steps">The number of steps of the whole training.</param>
    public double At(long step, long steps)
    {
        if (step < WarmUpSteps)
            return Rate * (step + 1) / WarmUpSteps;
        var isConstant = Shape == LearningRateShape.Constant;
        var decayFrom = steps - DecaySteps;
        if (DecaySteps > 0 && step >= decayFrom)
            return (isConstant ? Rate : FinalRate) * (1 - (double)(step - decayFrom) / DecaySteps);
        if (isConstant)
            return Rate;
        var between = decayFrom - WarmUpSteps;
        var period = Shape == LearningRateShape.Cosine ? between : between / Cycles;
        return FinalRate + (Rate - FinalRate) * (1 + Math.Cos(Math.PI * ((step - WarmUpSteps) % Math.Max(period, 1)) / Math.Max(period, 1))) / 2;
    }

    internal void Validate(long steps)
    {
        TrainingFaults.Positive(Rate, nameof(Rate));
        TrainingFaults.NotNegative(FinalRate, nameof(FinalRate));
        TrainingFaults.Between(WarmUpSteps, 0, steps, nameof(WarmUpSteps), "the number of steps");
        TrainingFaults.Between(DecaySteps, 0, steps - WarmUpSteps, nameof(DecaySteps), "the steps that warm-up leaves");
        TrainingFaults.Between(Cycles, 1, Math.Max(1, steps - WarmUpSteps - DecaySteps), nameof(Cycles), "the steps that warm-up and decay leave");
    }
}
