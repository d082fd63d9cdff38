using FeatureInterp.Saes;

namespace FeatureInterp.Kernel.Analyses;

/// <summary>What requests say of interventions.</summary>
internal static class InterventionRequest
{
    /// <summary>Where one acts: <c>all</c>, <c>last</c>, or a list of positions from 0.</summary>
    public static InterventionPositions Positions(RequestValue value) => value.IsList ? InterventionPositions.At(value.Ints())
        : value.Choice(("all", InterventionPositions.All), ("last", InterventionPositions.Last));
}
