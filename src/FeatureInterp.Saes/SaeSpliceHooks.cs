using FeatureInterp.Models;
using FeatureInterp.Tensors;

namespace FeatureInterp.Saes;

/// <summary>Shows what arises inside a spliced SAE to the hooks of the run: this step's rows, without those of earlier steps.</summary>
/// <param name="splice">The splice.</param>
/// <param name="batch">The tokens of this step.</param>
/// <param name="hooks">The run's hooks.</param>
/// <param name="rows">Where this step's rows are, when the SAE goes over earlier ones too; null when there are no others.</param>
/// <param name="history">What is told of an edited input; null when nothing is remembered.</param>
internal sealed class SaeSpliceHooks(SaeSplice splice, TokenBatch batch, HookScope hooks, SaeHistory.Rows? rows, SaeHistory? history) : ISaeHooks
{
    public bool Wants(SaeSite site) => hooks.Wants(splice.Hook with { Sae = site });

    public void At(SaeSite site, Tensor value)
    {
        var point = splice.Hook with { Sae = site };
        var step = rows?.Take(value) ?? value;
        if (site == SaeSite.ActsPost && !hooks.Edits(point))
        {
            hooks.Keep(point, new FeatureValues(batch, step));
            return;
        }

        hooks.At(point, step);
        if (rows is null || !hooks.Edits(point))
            return;
        rows.Put(step, value);
        if (site == SaeSite.Input)
            history!.Replace(step, batch);
    }
}
