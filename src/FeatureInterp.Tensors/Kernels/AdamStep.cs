namespace FeatureInterp.Tensors;

/// <summary>One step of Adam (Kingma and Ba 2015), the numbers that are the same for every weight.</summary>
/// <param name="Rate">The learning rate of this step.</param>
/// <param name="Beta1">How much of the mean gradient is kept, 0 to below 1.</param>
/// <param name="Beta2">How much of the mean squared gradient is kept, 0 to below 1.</param>
/// <param name="Epsilon">Added to the root of the mean square, positive.</param>
/// <param name="Number">Which step this is, from 1: the means start at zero, and the first steps make up for it.</param>
/// <param name="GradientScale">What gradients are multiplied with first: below 1 where they are clipped.</param>
public readonly record struct AdamStep(double Rate, double Beta1, double Beta2, double Epsilon, long Number, float GradientScale = 1)
{
    /// <summary>rate / (1 − beta1ⁿ).</summary>
    internal double StepSize => Rate / (1 - Math.Pow(Beta1, Number));

    /// <summary>√(1 − beta2ⁿ).</summary>
    internal double SquareCorrection => Math.Sqrt(1 - Math.Pow(Beta2, Number));
}
