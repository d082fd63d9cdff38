namespace FeatureInterp.Models;

/// <summary>What a gradient run will hold in memory besides the weights.</summary>
internal static class GradientPlan
{
    // Of the memory that is free, how much the tapes may take.
    private const double TapeShare = 0.25;

    /// <summary>The plan of a run that computes its blocks twice.</summary>
    /// <param name="model">The model.</param>
    /// <param name="batch">The tokens.</param>
    /// <param name="hooks">The run's hooks.</param>
    /// <param name="trace">Where something is wanted.</param>
    /// <param name="range">The layers that are run.</param>
    /// <param name="logits">Which logits are computed; null for none.</param>
    public static MemoryPlan Of(Transformer model, TokenBatch batch, HookScope hooks, GradientTrace trace, LayerRange range, LogitsAt? logits)
    {
        var plan = MemoryPlan.Of(model, batch, hooks, logits ?? LogitsAt.Last, cachedTokens: 0);
        double rows = batch.RowCount, kept = 0;
        for (var p = 0; p < batch.Count; p++)
        {
            foreach (var stop in trace.Stops)
            {
                var site = stop.Point.Site;
                var values = (double)batch.Length(p) * (site.IsAttention() ? model.Config.Heads * (double)batch.Length(p) : site.Width(model.Config));
                kept += values * ((stop.IsKept ? 2 : 0) + (stop.IsEdited ? 1 : 0));
            }
        }

        // The gradients on the way are as many as the values on the way; logits have one of their own; scores are kept twice and have gradients.
        var entering = (range.Stop - trace.LowestLayer) * rows * model.Config.DModel * sizeof(float);
        return plan with
        {
            Logits = logits is null ? 0 : 2 * plan.Logits,
            Kept = kept * sizeof(float),
            Scores = 4 * plan.Scores,
            Work = 2 * plan.Work + entering + TapeBytes(model, rows),
        };
    }

    /// <summary>Whether the tapes of all blocks that a gradient goes back through can be held, so that no block is computed twice.</summary>
    /// <param name="model">The model.</param>
    /// <param name="rows">The number of tokens.</param>
    /// <param name="blocks">The number of those blocks.</param>
    /// <param name="plan">The plan without.</param>
    /// <param name="available">The bytes there are.</param>
    public static bool HoldsTapes(Transformer model, int rows, int blocks, MemoryPlan plan, double available) =>
        plan.Scores == 0 && blocks * TapeBytes(model, rows) <= TapeShare * (available - plan.Total);

    // What the tape of a block keeps: what the norms, the rotation, attention and the activation function were given.
    private static double TapeBytes(Transformer model, double rows)
    {
        var c = model.Config;
        return rows * (4.0 * c.DModel + 2.0 * (c.Heads + 2 * c.KeyValueHeads) * c.HeadDim + 2.0 * c.DMlp) * sizeof(float);
    }
}
