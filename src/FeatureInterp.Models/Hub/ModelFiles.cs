namespace FeatureInterp.Models;

/// <summary>Which files make a model's folder whole.</summary>
internal static class ModelFiles
{
    public const string Config = "config.json";
    public const string Weights = "model.safetensors";
    public const string Index = "model.safetensors.index.json";
    public const string PickledWeights = "pytorch_model.bin";
    public const string PickledIndex = "pytorch_model.bin.index.json";
    public const string Gguf = ".gguf";

    /// <summary>Whether a folder holds a model of either kind, whole or not.</summary>
    public static bool IsModel(string folder) => LinkedFile.Exists(Path.Combine(folder, Config)) || GgufFiles(folder).Count > 0;

    /// <summary>The GGUF files of a folder and those below it, by path.</summary>
    public static IReadOnlyList<string> GgufFiles(string folder)
    {
        var options = new EnumerationOptions { RecurseSubdirectories = true, MaxRecursionDepth = 4, IgnoreInaccessible = true, MatchCasing = MatchCasing.CaseInsensitive };
        return Directory.Exists(folder) ? [.. Directory.EnumerateFiles(folder, "*" + Gguf, options).Where(LinkedFile.Exists).Order(StringComparer.Ordinal)] : [];
    }

    /// <summary>The weight files of a folder in Hugging Face's layout: one file, or the shards that the index names, whether they are there or not.</summary>
    /// <exception cref="HubException">The index names files outside the folder.</exception>
    /// <exception cref="ModelFileException">The index is no JSON of the kind.</exception>
    public static IReadOnlyList<string> WeightFiles(string folder)
    {
        foreach (var (whole, index) in (ReadOnlySpan<(string, string)>)[(Weights, Index), (PickledWeights, PickledIndex)])
        {
            if (File.Exists(Path.Combine(folder, whole)))
                return [whole];
            if (File.Exists(Path.Combine(folder, index)))
                return ShardIndex.Read(Path.Combine(folder, index));
        }

        return [Weights];
    }

    /// <summary>What a folder lacks to be loaded; empty when nothing does.</summary>
    /// <exception cref="HubException">The index names files outside the folder.</exception>
    /// <exception cref="ModelFileException">The index is no JSON of the kind.</exception>
    public static IReadOnlyList<string> Missing(string folder) =>
        [.. WeightFiles(folder).Prepend(Config).Where(file => !LinkedFile.Exists(HubPath.Below(folder, file)))];
}
