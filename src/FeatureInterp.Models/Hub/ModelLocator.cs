using FeatureInterp.Tensors;

namespace FeatureInterp.Models;

/// <summary>
/// Finds the model a user named: as a path (a folder, or a <c>.gguf</c> file), then under the project's <c>data/models</c>, then in the Hugging Face cache
/// (<c>org/name</c>, <c>org/name@revision</c>, <c>org/name:file.gguf</c>), then, when that is allowed, on the hub.
/// </summary>
/// <param name="settings">Where the cache and the hub are.</param>
public sealed class ModelLocator(HubSettings settings)
{
    private const string Kind = "models";

    /// <summary>Finds a model with the settings of this process.</summary>
    /// <param name="model">The path or the name.</param>
    /// <param name="download">Whether it may be fetched when it is not on this machine.</param>
    /// <param name="progress">Told how far a download is.</param>
    /// <param name="cancellation">Stops a download; what arrived is kept.</param>
    /// <exception cref="ModelFileException">It is nowhere; the message says where it was looked for, and what is like it.</exception>
    /// <exception cref="HubException">It could not be fetched.</exception>
    public static ModelLocation Find(string model, Download download = Download.Never, IProgress<DownloadProgress>? progress = null, CancellationToken cancellation = default) =>
        new ModelLocator(HubSettings.FromEnvironment()).FindAsync(model, download, progress, cancellation).GetAwaiter().GetResult();

    /// <summary>Finds a model.</summary>
    /// <param name="model">The path or the name.</param>
    /// <param name="download">Whether it may be fetched when it is not on this machine.</param>
    /// <param name="progress">Told how far a download is.</param>
    /// <param name="cancellation">Stops a download; what arrived is kept.</param>
    /// <exception cref="ModelFileException">It is nowhere; the message says where it was looked for, and what is like it.</exception>
    /// <exception cref="HubException">It could not be fetched.</exception>
    public async Task<ModelLocation> FindAsync(
        string model, Download download = Download.Never, IProgress<DownloadProgress>? progress = null, CancellationToken cancellation = default)
    {
        if (AtPath(model) is { } path)
            return path;
        if (InData(model) is { } data)
            return data;
        if (!HubName.TryParse(model, out var name))
            throw NotFound(model, null, null);
        var cached = InCache(name);
        if (cached.Found is { } found)
            return found;
        if (download == Download.Never)
            throw NotFound(model, name, cached.Lacking);
        var pulled = await new HubClient(settings).PullAsync(name, null, progress, cancellation).ConfigureAwait(false);
        return In(name, pulled.Folder, pulled.Commit, ModelSource.Hub).Found
            ?? throw new ModelFileException(pulled.Folder, $"{name} was fetched, but what there is cannot be loaded as a model: it has {string.Join(", ", pulled.Files.Take(8))}.");
    }

    private static ModelLocation? AtPath(string model)
    {
        if (File.Exists(model))
        {
            return IsGguf(model)
                ? new ModelLocation(Path.GetFileNameWithoutExtension(model), Path.GetFullPath(model), IsGguf: true, ModelSource.Path)
                : throw new ModelFileException(model, "this is a file; give the folder it is in, or a .gguf file.");
        }

        return Directory.Exists(model) ? Folder(Path.GetFullPath(model), ModelSource.Path) : null;
    }

    private static ModelLocation? InData(string model)
    {
        if (model.Length == 0 || HubPath.Fault(model) is not null || model.Contains('/', StringComparison.Ordinal) || DataFolder.Find() is not { } data)
            return null;
        var path = Path.Combine(data, Kind, model);
        if (Directory.Exists(path))
            return Folder(path, ModelSource.Data);
        return IsGguf(path) && File.Exists(path) ? new ModelLocation(Path.GetFileNameWithoutExtension(path), path, IsGguf: true, ModelSource.Data) : null;
    }

    // A folder that holds nothing but one GGUF file stands for the file.
    private static ModelLocation Folder(string folder, ModelSource source)
    {
        var name = Path.GetFileName(Path.TrimEndingDirectorySeparator(folder));
        return !File.Exists(Path.Combine(folder, ModelFiles.Config)) && Directory.GetFiles(folder, "*" + ModelFiles.Gguf) is [var only]
            ? new ModelLocation(name, only, IsGguf: true, source)
            : new ModelLocation(name, folder, IsGguf: false, source);
    }

    private (ModelLocation? Found, string? Lacking) InCache(HubName name) =>
        new HubCache(settings.CacheFolder).Find(name) is { } snapshot ? In(name, snapshot.Folder, snapshot.Commit, ModelSource.Cache) : (null, null);

    // The model in a snapshot, or what the snapshot lacks.
    private static (ModelLocation? Found, string? Lacking) In(HubName name, string snapshot, string commit, ModelSource source)
    {
        string[] gguf = [.. ModelFiles.GgufFiles(snapshot).Select(f => Path.GetRelativePath(snapshot, f).Replace(Path.DirectorySeparatorChar, '/'))];
        if (name.File is { } asked)
        {
            string[] chosen = gguf.Contains(asked, StringComparer.Ordinal) ? [asked] : [.. gguf.Where(f => FileChoice.HasTag(f, asked))];
            return chosen is [var one] ? (At(one), null)
                : chosen.Length == 0 ? (null, $"the file '{asked}'")
                : throw new ModelFileException(name.ToString(), $"the Hugging Face cache has {chosen.Length} files of that kind; choose one: {string.Join(", ", chosen)}.");
        }

        var missing = ModelFiles.Missing(snapshot);
        if (missing.Count == 0)
            return (new ModelLocation(name.ShortName, snapshot, IsGguf: false, source, commit), null);
        return gguf switch
        {
            [var only] => (At(only), null),
            [] => (null, string.Join(", ", missing.Take(4))),
            _ => throw new ModelFileException(name.ToString(), $"the Hugging Face cache has {gguf.Length} .gguf files of it; choose one, as in {name.Id}:{gguf[0]} (there are {string.Join(", ", gguf.Take(8))})."),
        };

        ModelLocation At(string file) => new(Path.GetFileNameWithoutExtension(file), HubPath.Below(snapshot, file), IsGguf: true, source, commit);
    }

    private static bool IsGguf(string path) => path.EndsWith(ModelFiles.Gguf, StringComparison.OrdinalIgnoreCase);

    private ModelFileException NotFound(string model, HubName? name, string? lacking)
    {
        var remedy = name is null ? "check the path" : "check the name, or fetch it from the hub with --download (in code: Download.Allowed)";
        if (lacking is not null)
            return new ModelFileException(model, $"the Hugging Face cache has it only in part: {lacking} is missing; {(name is null ? remedy : "fetch the rest with --download (in code: Download.Allowed)")}.");
        string[] data = DataFolder.Find() is { } folder && Directory.Exists(Path.Combine(folder, Kind))
            ? [.. Directory.GetDirectories(Path.Combine(folder, Kind)).Select(d => Path.GetFileName(d)).Order(StringComparer.Ordinal)] : [];
        string[] cached = [.. new HubCache(settings.CacheFolder).List().Select(m => m.Name.Id).Distinct(StringComparer.Ordinal)];
        var nearest = HubName.Shown(model).Length > 0 ? NearestName.Of(HubName.Shown(model), data.Concat(cached)) : null;
        return new ModelFileException(
            HubName.Shown(model),
            $"there is no such folder or .gguf file, {(data.Length > 0 ? $"data/{Kind} has only: {string.Join(", ", data)}" : $"data/{Kind} has no models")}, "
            + $"and {(cached.Length > 0 ? "it is not in the Hugging Face cache" : "the Hugging Face cache has no models")}{(nearest is null ? "" : $"; the nearest name is '{nearest}'")}; {remedy}.");
    }
}
