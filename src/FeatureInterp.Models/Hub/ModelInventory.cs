using FeatureInterp.Tensors;

namespace FeatureInterp.Models;

/// <summary>The models on this machine: under <c>data/models</c>, in the Hugging Face cache, in a folder. Nothing is loaded; only headers and configurations are read.</summary>
/// <param name="settings">Where the cache is.</param>
public sealed class ModelInventory(HubSettings settings)
{
    private const int MaxDepth = 6;

    /// <summary>Whether an architecture can be loaded.</summary>
    internal Func<string, bool> Supports { get; init; } = architecture => Models.Architecture.Find(architecture) is not null;

    /// <summary>What a <c>.gguf</c> file says of itself; its name, path and source are filled in here.</summary>
    internal Func<string, ModelSummary>? ReadGguf { get; init; } = GgufModel.Summarize;

    /// <summary>Lists the models.</summary>
    /// <param name="folder">A folder to search as well, with those below it; null for none.</param>
    /// <returns>Those of <c>data/models</c>, then those of the cache, then those of the folder, each by name.</returns>
    /// <exception cref="ModelFileException">The folder is not there.</exception>
    public IReadOnlyList<ModelSummary> List(string? folder = null)
    {
        var found = new List<ModelSummary>();
        if (DataFolder.Find() is { } data)
            found.AddRange(Under(Path.Combine(data, "models"), ModelSource.Data));
        foreach (var model in new HubCache(settings.CacheFolder).List())
            found.AddRange(At(model.Folder, CacheName(model), ModelSource.Cache));
        if (folder is not null)
        {
            if (!Directory.Exists(folder))
                throw new ModelFileException(folder, "there is no such folder to look for models in; check the path.");
            found.AddRange(Under(folder, ModelSource.Path));
        }

        return found;
    }

    // What has to be typed to get it: a snapshot that no branch or tag points at is called by its commit.
    private static string CacheName(CachedModel model) => model.Revisions.Contains(HubName.Main, StringComparer.Ordinal)
        ? model.Name.Id
        : model.Name.Id + "@" + (model.Revisions.FirstOrDefault() ?? model.Commit);

    private IEnumerable<ModelSummary> Under(string root, ModelSource source)
    {
        var options = new EnumerationOptions { RecurseSubdirectories = true, MaxRecursionDepth = MaxDepth, IgnoreInaccessible = true };
        if (!Directory.Exists(root))
            return [];
        var folders = Directory.EnumerateDirectories(root, "*", options).Prepend(root).Order(StringComparer.Ordinal).ToList();
        return folders.SelectMany(f => Here(f, source == ModelSource.Data ? Path.GetRelativePath(root, f) : f, source));
    }

    // The models of a folder itself, not of those below it.
    private IEnumerable<ModelSummary> Here(string folder, string name, ModelSource source)
    {
        if (LinkedFile.Exists(Path.Combine(folder, ModelFiles.Config)) && Folder(folder, name, source) is { } model)
            yield return model;
        foreach (var file in Directory.EnumerateFiles(folder, "*" + ModelFiles.Gguf).Where(LinkedFile.Exists).Order(StringComparer.Ordinal))
            yield return Gguf(file, source == ModelSource.Data ? Path.GetFileName(file) : file, source);
    }

    private IEnumerable<ModelSummary> At(string snapshot, string name, ModelSource source)
    {
        if (LinkedFile.Exists(Path.Combine(snapshot, ModelFiles.Config)) && Folder(snapshot, name, source) is { } model)
            yield return model;
        foreach (var file in ModelFiles.GgufFiles(snapshot))
            yield return Gguf(file, name + ":" + Path.GetRelativePath(snapshot, file).Replace(Path.DirectorySeparatorChar, '/'), source);
    }

    // Null where config.json is something else's: an SAE's, a dataset's.
    private ModelSummary? Folder(string folder, string name, ModelSource source)
    {
        var summary = new ModelSummary { Name = name, Path = Path.GetFullPath(folder), Source = source };
        try
        {
            var (architecture, dtype, keyValues) = ModelConfigSummary.Read(Path.Combine(folder, ModelFiles.Config));
            summary = summary with { Architecture = architecture, DType = dtype?.ToUpperInvariant(), KeyValueBytesPerToken = keyValues };
            var missing = ModelFiles.Missing(folder);
            if (missing.Count == 0)
                return Checked(WithWeights(summary));
            return architecture is null ? null : summary with { Problem = $"{string.Join(", ", missing.Take(3))} missing" };
        }
        catch (Exception e) when (e is ModelFileException or WeightFileException or HubException or IOException or UnauthorizedAccessException)
        {
            return summary with { Problem = e.Message };
        }
    }

    private ModelSummary Gguf(string file, string name, ModelSource source)
    {
        var summary = new ModelSummary { Name = name, Path = Path.GetFullPath(file), Source = source, WeightBytes = LinkedFile.Length(file) };
        try
        {
            return ReadGguf is null
                ? summary with { Problem = "GGUF files cannot be loaded yet" }
                : Checked(ReadGguf(file) with { Name = name, Path = summary.Path, Source = source, WeightBytes = summary.WeightBytes });
        }
        catch (Exception e) when (e is ModelFileException or WeightFileException or IOException or UnauthorizedAccessException)
        {
            return summary with { Problem = e.Message };
        }
    }

    // Counted from the headers, without masks and other tables of whole numbers: what a configuration says of its weights is often what they were trained in.
    private static ModelSummary WithWeights(ModelSummary summary)
    {
        var paths = ModelFiles.WeightFiles(summary.Path).Select(f => HubPath.Below(summary.Path, f)).ToList();
        var bytes = paths.Sum(LinkedFile.Length);
        if (!paths.TrueForAll(p => p.EndsWith(".safetensors", StringComparison.Ordinal)))
            return summary with { WeightBytes = bytes };
        var weights = paths.SelectMany(p => SafetensorsFile.Open(p).Weights.Values).Where(w => w.DType is DType.F32 or DType.BF16 or DType.F16 or DType.F64).ToList();
        return summary with
        {
            WeightBytes = bytes,
            Parameters = weights.Sum(w => w.Count),
            DType = weights.GroupBy(w => w.DType).MaxBy(g => g.Sum(w => w.Count))?.Key.ToString() ?? summary.DType,
        };
    }

    private ModelSummary Checked(ModelSummary summary) => summary switch
    {
        { Architecture: null } => summary with { Problem = "the configuration names no architecture" },
        { Architecture: { } architecture } when !Supports(architecture) => summary with { Problem = $"{HubName.Shown(architecture)} is not implemented" },
        _ => summary,
    };
}
