using FeatureInterp.Tensors;

namespace FeatureInterp.Models;

/// <summary>The sentences that say why a hook cannot be used.</summary>
internal static class HookFaults
{
    /// <summary>Nothing of this name fires in this run.</summary>
    public static HookException NotThere(string name, IReadOnlyList<HookPoint> available, string model)
    {
        var nearest = NearestName.Of(name, available.Select(p => p.ToString()));
        if (!HookPoint.TryParse(name, out var asked))
            return new HookException($"{name}: {model} has no such hook; did you mean {nearest}?");

        var layers = available.Where(p => p.Site.IsPerLayer()).Select(p => p.Layer).DefaultIfEmpty(0).Max();
        if (asked.Site.IsPerLayer() && asked.Layer > layers)
            return new HookException($"{name}: {model} has layers 0–{layers}; did you mean {asked with { Layer = layers }}?");
        if (asked.Sae == SaeSite.None && available.Contains(asked with { Sae = SaeSite.Input }))
            return new HookException($"{name}: an SAE stands in its place in this run; use {asked with { Sae = SaeSite.Input }} (before) or {asked with { Sae = SaeSite.Output }} (after).");
        if (asked.Sae != SaeSite.None && available.Contains(asked with { Sae = SaeSite.None }))
            return new HookException($"{name}: no SAE is spliced in at {asked with { Sae = SaeSite.None }} in this run; attach one, or use the bare name.");
        return new HookException($"{name}: {model} has no such hook in this run; did you mean {nearest}?");
    }
}
