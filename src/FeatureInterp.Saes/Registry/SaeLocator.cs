using FeatureInterp.Models;

namespace FeatureInterp.Saes;

/// <summary>
/// Finds the files of a release's SAE: below the folders the caller names and <c>data/saes</c>, then in the Hugging Face cache, then, when that is allowed, on
/// the hub, from where only this SAE's files are fetched, resuming what an earlier try left.
/// </summary>
/// <param name="settings">Where the cache and the hub are.</param>
internal sealed class SaeLocator(HubSettings settings)
{
    /// <summary>Finds an SAE.</summary>
    /// <param name="entry">The SAE.</param>
    /// <param name="options">Where to look, and whether files may be fetched.</param>
    /// <param name="progress">Told how far a download is.</param>
    /// <param name="cancellation">Stops a download; what arrived is kept.</param>
    /// <returns>Its folder or file.</returns>
    /// <exception cref="SaeException">It is nowhere; the message says where it was looked for.</exception>
    /// <exception cref="HubException">It could not be fetched.</exception>
    public async Task<string> FindAsync(SaeEntry entry, SaeLoadOptions options, IProgress<DownloadProgress>? progress, CancellationToken cancellation)
    {
        var files = ReleaseFiles.Of(options.Layout ?? entry.Release.Layout, entry.Path);
        string[] roots = [.. options.Roots, .. DataFolder.Find() is { } data ? new[] { Path.Combine(data, "saes") } : []];
        foreach (var place in roots.SelectMany(r => Places(r, entry)))
        {
            if (IsWhole(place, files))
                return Below(place, entry.Path);
        }

        if (entry.Release.Repository is not { } repository)
            throw new SaeException($"{entry} is not among the files that come with the project: {entry.Path} is missing below {string.Join(", ", roots)}.");
        if (!HubName.TryParse(repository, out var name))
            throw new SaeException($"The release '{entry.Release.Name}' names the repository '{repository}', which no repository on the hub can be called; mend {entry.Release.Source}.");
        if (new HubCache(settings.CacheFolder).Find(name) is { } cached && IsWhole(cached.Folder, files))
            return Below(cached.Folder, entry.Path);
        if (options.Download == Download.Never)
            throw new SaeException($"{entry} is not on this machine: it is neither below {(roots.Length > 0 ? string.Join(", ", roots) : "a given folder")} nor in the Hugging Face cache ({repository}, {files.Needed[0]}); fetch it with --download (in code: Download.Allowed).");
        return Below(await PullAsync(name, files, progress, cancellation).ConfigureAwait(false), entry.Path);
    }

    private async Task<string> PullAsync(HubName name, ReleaseFiles files, IProgress<DownloadProgress>? progress, CancellationToken cancellation)
    {
        var hub = new HubClient(settings);
        var pulled = await hub.PullAsync(name, files.Needed, progress, cancellation).ConfigureAwait(false);
        foreach (var file in files.Optional)
        {
            try
            {
                await hub.PullAsync(name.At(pulled.Commit), [file], progress, cancellation).ConfigureAwait(false);
            }
            catch (HubException e) when (e.Fault == HubFault.NotFound)
            {
                // The repository does not have it.
            }
        }

        return pulled.Folder;
    }

    // ROOT/org/name, ROOT/name, ROOT/release, and ROOT itself, each with the SAE's path below it.
    private static IEnumerable<string> Places(string root, SaeEntry entry)
    {
        if (entry.Release.Repository is { } repository)
        {
            yield return Below(root, repository);
            yield return Below(root, repository[(repository.LastIndexOf('/') + 1)..]);
        }

        yield return Below(root, entry.Release.Name);
        yield return root;
    }

    private static bool IsWhole(string root, ReleaseFiles files) => files.Needed.All(f => File.Exists(Below(root, f)));

    // A registry is a user's file: its paths stay below the root all the same.
    private static string Below(string root, string path) => path.Split('/').Any(s => s is "" or "." or "..")
        ? throw new SaeException($"'{path}' is no path below a repository; mend the registry.")
        : Path.Combine([root, .. path.Split('/')]);
}
