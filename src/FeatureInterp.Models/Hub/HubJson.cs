using System.Text.Json.Serialization;

namespace FeatureInterp.Models;

/// <summary>What is read of the hub's answer about a revision.</summary>
internal sealed record RevisionInfo(
    [property: JsonPropertyName("sha")] string? Sha,
    [property: JsonPropertyName("siblings")] IReadOnlyList<Sibling?>? Siblings);

/// <summary>One file of a repository.</summary>
internal sealed record Sibling([property: JsonPropertyName("rfilename")] string? FileName);

/// <summary>What is read of a split checkpoint's index.</summary>
internal sealed record WeightIndex([property: JsonPropertyName("weight_map")] IReadOnlyDictionary<string, string?>? WeightMap);

[JsonSerializable(typeof(RevisionInfo))]
[JsonSerializable(typeof(WeightIndex))]
[JsonSourceGenerationOptions(MaxDepth = 32)]
internal sealed partial class HubJson : JsonSerializerContext;
