using System.Text.Json;
using FeatureInterp.Models;
using FeatureInterp.Saes;

namespace FeatureInterp.Tests;

/// <summary>The model and the SAE that come with the project, and the peers' numbers for them.</summary>
internal static class EmbeddedPair
{
    private static readonly Lazy<Transformer> LoadedModel = new(() => Transformer.Load(Repository.Data("models", "talegrid-6m")));
    private static readonly Lazy<SparseAutoencoder> LoadedSae = new(() => SparseAutoencoder.Load(Repository.Data("saes", "talegrid-6m-res-l3")));
    private static readonly Lazy<Golden> LoadedGolden = new(() => new Golden(Repository.Fixture("Embedded")));

    public static Transformer Model => LoadedModel.Value;

    public static SparseAutoencoder Sae => LoadedSae.Value;

    public static Golden Golden => LoadedGolden.Value;

    /// <summary>The ARC tasks whose prompts fit the context.</summary>
    public static TheoryData<string> Fitting() =>
        [.. Golden.Json.GetProperty("prompts").EnumerateObject().Where(p => p.Value.GetProperty("fits").GetBoolean()).Select(p => p.Name)];

    public static JsonElement Prompt(string task) => Golden.Json.GetProperty("prompts").GetProperty(task);

    public static int[] Tokens(string task) => [.. Prompt(task).GetProperty("tokens").EnumerateArray().Select(t => t.GetInt32())];
}
