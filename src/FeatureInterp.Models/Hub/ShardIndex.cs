using System.Text.Json;

namespace FeatureInterp.Models;

/// <summary>The file that says in which shard of a split checkpoint each tensor is: <c>{"weight_map":{"tensor":"model-00001-of-00002.safetensors"}}</c>.</summary>
internal static class ShardIndex
{
    private const long MaxBytes = 1L << 26;
    private const int MaxShards = 10_000;

    /// <summary>The shards, each once, in order.</summary>
    /// <exception cref="HubException">A shard's name would leave the folder.</exception>
    /// <exception cref="ModelFileException">The file is not there, too large, or of another kind.</exception>
    public static IReadOnlyList<string> Read(string path)
    {
        try
        {
            if (LinkedFile.Length(path) > MaxBytes)
                throw new ModelFileException(path, $"the file is larger than {MaxBytes >> 20} MiB, which no index of a checkpoint is.");
            var map = JsonSerializer.Deserialize(File.ReadAllBytes(path), HubJson.Default.WeightIndex)?.WeightMap;
            string[] shards = [.. (map?.Values ?? []).OfType<string>().Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal)];
            if (shards.Length is 0 or > MaxShards)
                throw new ModelFileException(path, $"the index names {shards.Length} files, where 1 to {MaxShards} were expected; fetch it again.");
            foreach (var shard in shards)
                _ = HubPath.Below(".", shard);
            return shards;
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            throw new ModelFileException(path, "the file is not the JSON of a checkpoint's index; fetch it again.", e);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new ModelFileException(path, "the index of the checkpoint is not there or cannot be read; check the path.", e);
        }
    }
}
