namespace FeatureInterp.Saes;

/// <summary>How a loss's weight rises: in a straight line from 0, SAELens's.</summary>
internal static class CoefficientSchedule
{
    /// <summary>final · min(step / warmUp, 1).</summary>
    public static double At(double final, int warmUpSteps, long step) =>
        step >= warmUpSteps ? final : final * step / warmUpSteps;
}
