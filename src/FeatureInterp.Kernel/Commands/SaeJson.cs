using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using FeatureInterp.Saes;

namespace FeatureInterp.Kernel.Commands;

/// <summary>An SAE of the registry as <c>sae list --json</c> prints it.</summary>
internal sealed record SaeEntryJson
{
    public SaeEntryJson(SaeEntry sae)
    {
        (Release, Id, Model, Repository, Path) = (sae.Release.Name, sae.Id, sae.Release.Model, sae.Release.Repository, sae.Path);
        (Layout, Hook, DSae, L0, VarianceExplained) = (sae.Release.Layout, sae.Hook, sae.Width, sae.L0, sae.VarianceExplained);
        (Neuronpedia, NormScalingFactor, Links) = (sae.NeuronpediaId, sae.NormScalingFactor, sae.Release.Links);
    }

    public string Release { get; }

    public string Id { get; }

    public string? Model { get; }

    public string? Repository { get; }

    public string Path { get; }

    public string Layout { get; }

    public string? Hook { get; }

    public int? DSae { get; }

    public double? L0 { get; }

    public double? VarianceExplained { get; }

    public string? Neuronpedia { get; }

    public double? NormScalingFactor { get; }

    public IReadOnlyDictionary<string, string> Links { get; }
}

/// <summary>An SAE's files as <c>sae info --json</c> prints them.</summary>
internal sealed record SaeInfoJson
{
    public SaeInfoJson(SparseAutoencoder sae)
    {
        var (config, origin) = (sae.Config, sae.Config.Origin);
        (Name, Path, Layout, Files, WeightsHash) = (sae.Name, sae.Folder, sae.Layout, sae.Files, sae.WeightsHash);
        (Architecture, Transcoder, DIn, DOut, DSae, K) = (SaeInfoCommand.Kind(config), config.IsTranscoder, config.DIn, config.DOut, config.DSae, config.TopK?.K ?? config.Temporal?.TopK);
        (ApplyBDecToInput, NormalizeActivations, FlattensHeads) = (config.ApplyBDecToInput, SaeInfoCommand.Normalization(config), config.FlattensHeads);
        (HookName, HookNameOut, ModelName, PrependBos, ContextSize) = (config.HookIn?.ToString(), config.HookOut?.ToString(), config.ModelName, config.PrependBos, origin.ContextSize);
        (DatasetPath, NeuronpediaId, L0, VarianceExplained, OtherFields) = (origin.Dataset, origin.NeuronpediaId, origin.L0, origin.VarianceExplained, origin.OtherFields);
        Warnings = sae.LoadWarnings;
    }

    public string Name { get; }

    public string Path { get; }

    public string Layout { get; }

    public string Architecture { get; }

    public bool Transcoder { get; }

    public int DIn { get; }

    public int DOut { get; }

    public int DSae { get; }

    public int? K { get; }

    public bool ApplyBDecToInput { get; }

    public string NormalizeActivations { get; }

    public bool FlattensHeads { get; }

    public string? HookName { get; }

    public string? HookNameOut { get; }

    public string? ModelName { get; }

    public bool PrependBos { get; }

    public int? ContextSize { get; }

    public string? DatasetPath { get; }

    public string? NeuronpediaId { get; }

    public double? L0 { get; }

    public double? VarianceExplained { get; }

    public IReadOnlyDictionary<string, string> OtherFields { get; }

    public IReadOnlyList<string> Warnings { get; }

    public IReadOnlyList<string> Files { get; }

    public string WeightsHash { get; }
}

/// <summary>Writes them.</summary>
[JsonSerializable(typeof(IReadOnlyList<SaeEntryJson>))]
[JsonSerializable(typeof(IReadOnlyList<SaeInfoJson>))]
internal sealed partial class SaesJson : JsonSerializerContext
{
    public static SaesJson Relaxed { get; } = new(new JsonSerializerOptions
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        WriteIndented = true,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    });
}
