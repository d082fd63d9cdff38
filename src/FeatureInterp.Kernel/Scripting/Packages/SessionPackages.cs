using System.Collections.Immutable;
using Microsoft.CodeAnalysis;

namespace FeatureInterp.Kernel.Scripting.Packages;

/// <summary>The packages and feeds a session has asked for, and the assemblies its code may use because of them.</summary>
internal sealed class SessionPackages
{
    private readonly Dictionary<string, MetadataReference> _references = new(StringComparer.OrdinalIgnoreCase);
    private readonly HashSet<string> _noted = new(StringComparer.OrdinalIgnoreCase);
    private ImmutableArray<PackageRequest> _requests = [];
    private ImmutableArray<string> _feeds = [];
    private PackageSet _set = new([], [], []);

    /// <summary>What the session's code is compiled against besides the host's own assemblies.</summary>
    public IEnumerable<MetadataReference> References => _references.Values;

    /// <summary>Another feed to ask from now on.</summary>
    public void AddFeed(string feed)
    {
        if (!_feeds.Contains(feed, StringComparer.Ordinal))
            _feeds = _feeds.Add(feed);
    }

    /// <summary>The packages among <paramref name="requests"/> that the session does not have yet.</summary>
    /// <exception cref="PackageException">It has one of them in another version.</exception>
    public ImmutableArray<PackageRequest> Missing(IEnumerable<PackageRequest> requests)
    {
        var missing = ImmutableArray.CreateBuilder<PackageRequest>();
        foreach (var request in requests)
        {
            var had = missing.Concat(_requests).FirstOrDefault(r => string.Equals(r.Id, request.Id, StringComparison.OrdinalIgnoreCase));
            if (had is null)
                missing.Add(request);
            else if (request.IsExact && !string.Equals(had.Version, request.Version, StringComparison.OrdinalIgnoreCase) && !string.Equals(_set.VersionOf(had.Id), request.Version, StringComparison.OrdinalIgnoreCase))
                throw new PackageException($"{request} cannot be added: this session already uses {had.Id} {_set.VersionOf(had.Id) ?? had.Version}, and one process has room for one version; restart the kernel to change it.");
        }

        return missing.ToImmutable();
    }

    /// <summary>Restores the packages together with those the session has, and makes their assemblies usable.</summary>
    /// <param name="requests">What <see cref="Missing"/> gave.</param>
    /// <param name="folder">The notebook's folder, whose <c>nuget.config</c> holds if there is one.</param>
    /// <param name="restoring">Told before a restore that takes time.</param>
    /// <param name="token">Stops it.</param>
    /// <returns>The packages that are new, those asked for and those they need, with notes about what the host has itself.</returns>
    /// <exception cref="PackageException">A package cannot be had.</exception>
    public async Task<AddedPackages> AddAsync(ImmutableArray<PackageRequest> requests, string folder, Action restoring, CancellationToken token)
    {
        var all = _requests.AddRange(requests);
        var project = new PackageProject(all, _feeds, ConfigFolder(folder));
        var known = PackageCache.Find(project);
        var set = known;
        string? note = null;
        if (set is null || all.Any(r => r.IsFloating))
        {
            restoring();
            try
            {
                set = await PackageRestore.RunAsync(project, token).ConfigureAwait(false);
                PackageCache.Keep(project, set);
            }
            catch (PackageException e) when (known is not null)
            {
                (set, note) = (known, $"The versions found last time are used, as asking for newer ones failed: {e.Message}");
            }
        }

        var before = _set.Packages.Select(p => p.Id).ToHashSet(StringComparer.OrdinalIgnoreCase);
        var notes = Use(set!);
        (_requests, _set) = (all, set!);
        return new AddedPackages([.. set!.Packages.Where(p => !before.Contains(p.Id))], note is null ? notes : notes.Add(note));
    }

    private ImmutableArray<string> Use(PackageSet set)
    {
        var own = new List<string>();
        var references = new List<(string Name, string Path)>();
        foreach (var path in set.Assemblies)
        {
            var name = Path.GetFileNameWithoutExtension(path);
            var host = PackageLoader.HostFile(name);
            if (host is not null && PackageLoader.Version(host) is var mine && PackageLoader.Version(path) is var theirs && mine != theirs && _noted.Add(name))
                own.Add($"{name} {mine}, not {theirs}");
            references.Add((name, host ?? PackageLoader.Add(path)));
        }

        foreach (var native in set.Natives)
            PackageLoader.AddNative(native);
        foreach (var (name, path) in references)
        {
            if (!_references.ContainsKey(name) && !ScriptReferences.Contains(path))
                _references[name] = MetadataReference.CreateFromFile(path);
        }

        return own.Count == 0 ? [] : [$"This program's own assemblies are used where it has them, so that there is one copy of their types: {string.Join("; ", own)}."];
    }

    private static string? ConfigFolder(string folder)
    {
        for (var at = new DirectoryInfo(folder); at is not null; at = at.Parent)
        {
            if (at.Exists && at.EnumerateFiles().Any(f => string.Equals(f.Name, "nuget.config", StringComparison.OrdinalIgnoreCase)))
                return at.FullName;
        }

        return null;
    }
}

/// <summary>What adding packages gave.</summary>
/// <param name="Packages">The packages that are new.</param>
/// <param name="Notes">Sentences worth showing.</param>
internal sealed record AddedPackages(ImmutableArray<ResolvedPackage> Packages, ImmutableArray<string> Notes);
