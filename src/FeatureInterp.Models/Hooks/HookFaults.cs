using FeatureInterp.Tensors;

namespace FeatureInterp.Models;

/// <summary>The sentences that say why a hook cannot be used.</summary>
internal static class HookFaults
{
    /// <summary>Nothing of this name fires in this run.</summary>
    /// <param name="name">What was asked for.</param>
    /// <param name="available">Every hook that does fire.</param>
    /// <param name="model">What to call the model, or the run when it covers only some layers.</param>
    public static HookException NotThere(string name, IReadOnlyList<HookPoint> available, string model)
    {
        var nearest = NearestName.Of(WithoutLeadingZeros(name), available.Select(p => p.ToString()));
        var noSuch = new HookException($"{name}: {model} has no such hook; did you mean {nearest}?");
        if (!HookPoint.TryParse(name, out var asked))
            return noSuch;

        int[] layers = [.. available.Where(p => p.Site.IsPerLayer()).Select(p => p.Layer)];
        if (asked.Site.IsPerLayer() && layers.Length > 0 && (asked.Layer < layers.Min() || asked.Layer > layers.Max()))
        {
            var inside = asked with { Layer = Math.Clamp(asked.Layer, layers.Min(), layers.Max()) };
            return new HookException($"{name}: {model} has layers {layers.Min()}–{layers.Max()}; did you mean {inside}?");
        }

        if (asked.Sae == SaeSite.None && available.Contains(asked with { Sae = SaeSite.Input }))
            return new HookException($"{name}: an SAE stands in its place in this run; use {asked with { Sae = SaeSite.Input }} (what it reads) or {asked with { Sae = SaeSite.Output }} (what the model goes on with).");
        if (asked.Sae != SaeSite.None && available.Contains(asked with { Sae = SaeSite.None }))
            return new HookException($"{name}: no SAE is spliced in at {asked with { Sae = SaeSite.None }} in this run; attach one, or use the bare name.");
        return noSuch;
    }

    // "blocks.03.x" is as near to blocks.0.x as to blocks.3.x, but only one of them was meant.
    private static string WithoutLeadingZeros(string name)
    {
        const string Blocks = "blocks.";
        if (!name.StartsWith(Blocks + "0", StringComparison.Ordinal))
            return name;
        var rest = name[Blocks.Length..].TrimStart('0');
        return Blocks + (rest.StartsWith('.') ? "0" : "") + rest;
    }
}
