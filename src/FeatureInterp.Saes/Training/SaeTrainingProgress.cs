namespace FeatureInterp.Saes;

/// <summary>How a training stands after a step.</summary>
/// <param name="Step">The steps done.</param>
/// <param name="Steps">The steps there are.</param>
/// <param name="Tokens">The activations seen, of all steps.</param>
/// <param name="TokensPerSecond">The activations a second since training began or was resumed, making them included.</param>
/// <param name="TimeLeft">How long the rest will take at that rate.</param>
/// <param name="LearningRate">The step's learning rate.</param>
/// <param name="Quality">What the step's batch looked like before the step changed the weights.</param>
public sealed record SaeTrainingProgress(
    int Step, int Steps, long Tokens, double TokensPerSecond, TimeSpan TimeLeft, double LearningRate, SaeTrainingQuality Quality);

/// <summary>What a batch looked like.</summary>
/// <param name="Loss">The loss, a mean over the batch.</param>
/// <param name="Losses">Its parts, under SAELens's names.</param>
/// <param name="L0">The mean number of features that fired on a token.</param>
/// <param name="ExplainedVariance">1 − Σ ‖x − x̂‖² / Σ ‖x − mean x‖².</param>
/// <param name="DeadShare">The share of features that are dead.</param>
public sealed record SaeTrainingQuality(double Loss, IReadOnlyList<(string Name, double Value)> Losses, double L0, double ExplainedVariance, double DeadShare);
