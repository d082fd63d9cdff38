using FeatureInterp.Models;
using FeatureInterp.Saes;

namespace FeatureInterp.Tests;

/// <summary>SAELens's numbers for SAEs in two small models, with and without weight processing.</summary>
internal static class OnModelGoldens
{
    public static string Root => Path.Combine(Repository.Shared!, "goldens", "saes", "on_model");

    /// <summary>Cases such as <c>gpt2/none/attach_resid1</c> whose last part begins so; one empty row when there are no goldens, because a theory without rows would fail instead of being skipped.</summary>
    public static TheoryData<string> Cases(string prefix) => Repository.Shared is null ? [""] :
        [.. from model in (string[])["gemma2", "gpt2"]
            from processing in (string[])["default", "none"]
            from folder in Directory.GetDirectories(Path.Combine(Root, model, processing), prefix + "*").Order(StringComparer.Ordinal)
            select $"{model}/{processing}/{Path.GetFileName(folder)}"];

    public static Golden Open(string name) => new(Path.Combine(Root, Path.Combine(name.Split('/'))));

    /// <summary>The model that a case runs on, its weights processed as the case has them.</summary>
    public static Transformer ModelOf(string name)
    {
        var parts = name.Split('/');
        var model = Transformer.Load(Path.Combine(Root, parts[0], "hf"));
        return parts[1] == "default" ? model.WithProcessing(WeightProcessing.Standard) : model;
    }

    public static SparseAutoencoder Sae(string name, string sae) => SparseAutoencoder.Load(Path.Combine(Root, name.Split('/')[0], "saes", sae));
}
