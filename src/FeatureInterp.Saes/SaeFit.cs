using FeatureInterp.Models;

namespace FeatureInterp.Saes;

/// <summary>Whether an SAE belongs in a model.</summary>
internal static class SaeFit
{
    /// <summary>The hook it reads must be there and as wide as what it encodes; the hook it writes, as what it decodes to.</summary>
    /// <exception cref="SaeException">It is not.</exception>
    public static void Check(SparseAutoencoder sae, Transformer model)
    {
        Check(sae, model, sae.Config.Hook, sae.Config.DIn, "encodes");
        if (sae.Config.HookOut is { } output)
            Check(sae, model, output, sae.Config.DOut, "decodes to");
    }

    private static void Check(SparseAutoencoder sae, Transformer model, HookPoint hook, int wanted, string does)
    {
        int width;
        try
        {
            width = model.WidthOf(hook);
        }
        catch (HookException e)
        {
            throw new SaeException($"{sae.Name} does not fit {model.Name}: {e.Message}", e);
        }

        if (width != wanted)
            throw new SaeException($"{sae.Name} does not fit {model.Name}: it {does} {wanted} values, but {hook} has {width}; it was trained on {sae.Config.ModelName ?? "another model"}.");
        if (HasHeads(hook.Site) && !sae.Config.FlattensHeads)
            throw new SaeException($"{sae.Name} does not fit {model.Name}: {hook} has a vector for each head, and the SAE's 'reshape_activations' is not hook_z.");
    }

    private static bool HasHeads(HookSite site) =>
        site is HookSite.Q or HookSite.K or HookSite.V or HookSite.RotQ or HookSite.RotK or HookSite.Z or HookSite.Result;

    /// <summary>What is odd, though it can be computed.</summary>
    public static IReadOnlyList<string> Warnings(SparseAutoencoder sae, Transformer model)
    {
        var warnings = new List<string>();
        if (sae.Config.ModelName is { } trainedOn && !string.Equals(Path.GetFileName(trainedOn), model.Name, StringComparison.OrdinalIgnoreCase))
            warnings.Add($"{sae.Name} was trained on {trainedOn}, but the model is {model.Name}: its features may mean something else here.");
        if (!model.Processing.IsNone)
            warnings.Add($"{model.Name} runs with weight processing ({model.Processing}), but SAEs read a model as it is published: load it without, or use WithProcessing(WeightProcessing.None).");
        if (!sae.Config.PrependBos)
            warnings.Add($"{sae.Name} was trained on texts without a beginning-of-sequence token, but prompts get one.");
        if (sae.Config.Origin.UnfoldedNormalization is { } normalization)
            warnings.Add($"{sae.Name} says 'normalize_activations' is {normalization}: if its factor was never folded into the weights, the features are on a wrong scale.");
        return warnings;
    }
}
