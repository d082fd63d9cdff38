using FeatureInterp.Models;

namespace FeatureInterp.Analysis;

/// <summary>What one patch replaces.</summary>
public enum PatchAxes
{
    /// <summary>One position of one layer; of a site with heads, all heads there.</summary>
    LayerPosition,

    /// <summary>One head of one layer, at every position.</summary>
    LayerHead,

    /// <summary>One head of one layer at one position; of patterns the row of that query.</summary>
    LayerHeadPosition,
}

/// <summary>The choices of activation patching.</summary>
public sealed record ActivationPatchingOptions
{
    /// <summary>What one patch replaces. Default null: a head for sites that have heads, a position for others.</summary>
    public PatchAxes? Axes { get; init; }

    /// <summary>Which layers to patch; all if null, the default.</summary>
    public IReadOnlyList<int>? Layers { get; init; }

    /// <summary>Which positions to patch, where patches are of one position. Default: every position.</summary>
    public PositionSlice Positions { get; init; } = PositionSlice.All;

    /// <summary>The weight processing. Default null: the model's own if it has any, else <see cref="WeightProcessing.Standard"/>.</summary>
    public WeightProcessing? Processing { get; init; }

    /// <summary>About how many bytes the patches that run together may take; at least one patch runs. Default 256 MiB.</summary>
    public long MaxBatchBytes { get; init; } = 1L << 28;

    internal void Validate(Transformer model, HookSite site)
    {
        if (!PatchSites.All.Contains(site))
            throw new AnalysisException($"{new HookPoint(site)} cannot be patched; give one of {string.Join(", ", PatchSites.All)}.");
        if (!model.HookPoints.Contains(new HookPoint(site)))
            throw new AnalysisException($"{model.Name} has no {new HookPoint(site)}; its attention and MLP read the same stream.");
        if (MaxBatchBytes < 1)
            throw new AnalysisException($"MaxBatchBytes is {MaxBatchBytes}; give a number of bytes above zero.");
        if (Axes is PatchAxes.LayerHead or PatchAxes.LayerHeadPosition && PatchSites.HeadsAt(site, model.Config) == 0)
            throw new AnalysisException($"{new HookPoint(site)} has no heads; patch it by layer and position.");
        if (Axes == PatchAxes.LayerPosition && site == HookSite.Pattern)
            throw new AnalysisException("A pattern is [head, query, key]; patch it by layer and head, or by layer, head and query position.");
        foreach (var layer in Layers ?? [])
        {
            if ((uint)layer >= (uint)model.Config.Layers)
                throw new AnalysisException($"Layer {layer} is to be patched, but {model.Name} has layers 0–{model.Config.Layers - 1}.");
        }
    }
}

/// <summary>The sites that can be patched.</summary>
internal static class PatchSites
{
    public static IReadOnlyList<HookSite> All { get; } =
    [
        HookSite.ResidPre, HookSite.ResidMid, HookSite.ResidPost, HookSite.AttnOut, HookSite.MlpOut,
        HookSite.Q, HookSite.K, HookSite.V, HookSite.Z, HookSite.Pattern,
    ];

    /// <summary>The number of heads a site has; 0 for none.</summary>
    public static int HeadsAt(HookSite site, TransformerConfig config) => site switch
    {
        HookSite.Q or HookSite.Z or HookSite.Pattern => config.Heads,
        HookSite.K or HookSite.V => config.KeyValueHeads,
        _ => 0,
    };
}
