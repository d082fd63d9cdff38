using FeatureInterp.Models;

namespace FeatureInterp.Analysis;

/// <summary>The places of the residual stream that an ablation changes.</summary>
internal static class AblationPoints
{
    /// <summary>
    /// From the first that holds the whole change and nothing that a later part of the model did about it, to what leaves the last block. What an SAE puts out stands for the hook it takes the place of.
    /// </summary>
    /// <exception cref="AnalysisException">The SAE stands after the last block.</exception>
    public static IReadOnlyList<HookPoint> Of(Transformer model, HookPoint written)
    {
        var last = new HookPoint(HookSite.ResidPost, model.Config.Layers - 1);
        if (written.Site > HookSite.ResidPost)
            throw new AnalysisException($"The SAE writes {written}, after the last block, where no layer is left to look at; take one that writes into a block.");
        var middle = new HookPoint(HookSite.ResidMid, written.Layer);
        var first = written.Site switch
        {
            < HookSite.ResidPre => new HookPoint(HookSite.ResidPre, 0),
            HookSite.ResidPre => written,
            <= HookSite.ResidMid when model.HookPoints.Contains(middle) => middle,
            _ => new HookPoint(HookSite.ResidPost, written.Layer),
        };
        return [.. Enumerable.Range(first.Layer, last.Layer - first.Layer + 1).Select(l => new HookPoint(HookSite.ResidPost, l)).Prepend(first).Distinct()
            .Select(p => p == written ? p with { Sae = SaeSite.Output } : p)];
    }
}
