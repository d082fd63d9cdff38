using FeatureInterp.Models;

namespace FeatureInterp.Saes;

/// <summary>Loads SAEs by path, by name under <c>data/saes</c>, and by release.</summary>
internal static class SaeLoader
{
    private const string Kind = "saes";

    /// <summary><see cref="SparseAutoencoder.Load(string, SaeLoadOptions)"/>.</summary>
    public static SparseAutoencoder Load(string nameOrFolder, SaeLoadOptions options)
    {
        if (SaeFinder.Exists(nameOrFolder))
            return At(Path.GetFullPath(nameOrFolder), options);
        var isName = nameOrFolder.Length > 0 && nameOrFolder.IndexOfAny(['/', '\\']) < 0;
        if (isName && DataFolder.Find() is { } data && Directory.Exists(Path.Combine(data, Kind, nameOrFolder)))
            return At(Path.Combine(data, Kind, nameOrFolder), options, SaeRegistry.Load(options.Registries).OfData(nameOrFolder));
        var registry = SaeRegistry.Load(options.Registries);
        return registry.TryParse(nameOrFolder) is { } entry ? Load(entry, options, null, default) : throw NotFound(nameOrFolder, registry);
    }

    /// <summary>Loads an SAE of a release.</summary>
    public static SparseAutoencoder Load(SaeEntry entry, SaeLoadOptions options, IProgress<DownloadProgress>? progress, CancellationToken cancellation)
    {
        var path = new SaeLocator(HubSettings.FromEnvironment()).FindAsync(entry, options, progress, cancellation).GetAwaiter().GetResult();
        return At(path, options with
        {
            Layout = options.Layout ?? entry.Release.Layout,
            Repository = options.Repository ?? entry.Release.Repository,
            NormScalingFactor = options.NormScalingFactor ?? entry.NormScalingFactor,
            FoldsFactorOfFiles = options.FoldsFactorOfFiles || entry.FoldsFactorOfFiles,
            Overrides = Joined(entry.Release.Overrides, options.Overrides),
        }, entry, entry.ToString());
    }

    private static SparseAutoencoder At(string path, SaeLoadOptions options, SaeEntry? entry = null, string? name = null)
    {
        var (files, place) = SaeLayouts.Find(path, options);
        return SparseAutoencoder.Of(place, entry is null ? files : Known(files, entry), name);
    }

    // What the registry knows of an SAE, where its own files do not say it.
    private static SaeFiles Known(SaeFiles files, SaeEntry entry)
    {
        var origin = files.Config.Origin;
        return files with
        {
            Config = files.Config with
            {
                HookIn = files.Config.HookIn ?? (entry.Hook is { } hook && HookPoint.TryParse(hook, out var point) ? point : null),
                Origin = origin with
                {
                    ModelName = origin.ModelName ?? entry.Release.Model,
                    L0 = entry.L0 ?? origin.L0,
                    VarianceExplained = entry.VarianceExplained ?? origin.VarianceExplained,
                    NeuronpediaId = origin.NeuronpediaId ?? entry.NeuronpediaId,
                },
            },
        };
    }

    private static Dictionary<string, string> Joined(IReadOnlyDictionary<string, string> release, IReadOnlyDictionary<string, string> caller)
    {
        var joined = new Dictionary<string, string>(release, StringComparer.Ordinal);
        foreach (var (name, value) in caller)
            joined[name] = value;
        return joined;
    }

    private static ModelFileException NotFound(string name, SaeRegistry registry)
    {
        string[] known = DataFolder.Find() is { } data && Directory.Exists(Path.Combine(data, Kind))
            ? [.. Directory.GetDirectories(Path.Combine(data, Kind)).Select(d => Path.GetFileName(d)).Order(StringComparer.Ordinal)] : [];
        var here = known.Length > 0 ? $", data/{Kind} has only {string.Join(", ", known)}" : "";
        if (Path.IsPathRooted(name) || name.StartsWith('.'))
            return new ModelFileException(name, "there is no such folder or file.");
        var release = name.Split('/', 2)[0];
        return new ModelFileException(name, $"there is no such folder or file{here}, and no release is called '{(release.Length > 100 ? release[..100] + "…" : release)}'; the nearest are {string.Join(", ", SaeRegistry.Nearest(release, registry.Releases.Select(r => r.Name)))}.");
    }
}
