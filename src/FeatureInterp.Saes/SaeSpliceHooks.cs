using FeatureInterp.Models;
using FeatureInterp.Tensors;

namespace FeatureInterp.Saes;

/// <summary>
/// Shows what arises inside a spliced SAE to the hooks of the run: this step's rows, without those of earlier steps. Features that are
/// kept but not edited stay sparse.
/// </summary>
/// <param name="splice">The splice.</param>
/// <param name="batch">The tokens of this step.</param>
/// <param name="hooks">The run's hooks.</param>
/// <param name="rows">Where this step's rows are, when the SAE goes over earlier ones too; null when there are no others.</param>
/// <param name="history">What is told of an edited input; null when nothing is remembered.</param>
internal sealed class SaeSpliceHooks(SaeSplice splice, TokenBatch batch, HookScope hooks, SaeHistory.Rows? rows, SaeHistory? history) : ISaeHooks
{
    public bool Wants(SaeSite site) => site == SaeSite.ActsPost
        ? hooks.Edits(Point(site)) || (hooks.Captures(Point(site)) && hooks.Wants(Point(SaeSite.ActsPre)))
        : hooks.Wants(Point(site));

    public void At(SaeSite site, Tensor value)
    {
        if (site == SaeSite.ActsPost && !hooks.Edits(Point(site)))
        {
            Fired(SparseFeatures.Of(value));
            return;
        }

        var step = rows?.Take(value) ?? value;
        hooks.At(Point(site), step);
        if (rows is null || !hooks.Edits(Point(site)))
            return;
        rows.Put(step, value);
        if (site == SaeSite.Input)
            history!.Replace(step, batch);
    }

    public void Fired(SparseFeatures features)
    {
        if (!hooks.Captures(Point(SaeSite.ActsPost)))
            return;
        var first = rows?.FirstOfStep(batch) ?? [.. Enumerable.Range(0, batch.Count).Select(batch.FirstRow)];
        hooks.Keep(Point(SaeSite.ActsPost), new FeatureValues([.. first.Select((row, p) => features.Slice(row, batch.Length(p)))]));
    }

    private HookPoint Point(SaeSite site) => splice.Hook with { Sae = site };
}
