using System.Collections.Concurrent;

namespace FeatureInterp.Models;

/// <summary>
/// Fetches models from the hub into the Hugging Face cache. A pull that was stopped, however it was stopped, goes on where it was: what arrived is kept block by
/// block. Every file is checked by the hub's own hash before it gets its name, and two processes never fetch the same file at once.
/// </summary>
/// <param name="settings">Where the hub and the cache are.</param>
public sealed class HubClient(HubSettings settings)
{
    /// <summary>How many files are fetched at once.</summary>
    internal const int FilesAtOnce = 4;

    /// <summary>A client with the settings of this process, see <see cref="HubSettings.FromEnvironment"/>.</summary>
    /// <exception cref="HubException">A variable holds what cannot be used.</exception>
    public HubClient()
        : this(HubSettings.FromEnvironment())
    {
    }

    /// <summary>
    /// Fetches a model: configuration, tokenizer, chat template and weights – <c>model.safetensors</c> or its shards, else <c>pytorch_model.bin</c> or its shards, else
    /// the only <c>.gguf</c> file; or exactly the files asked for.
    /// </summary>
    /// <param name="name">The repository, its revision, and the file when only one is wanted.</param>
    /// <param name="files">Paths or GGUF tags of the files wanted; none for the model.</param>
    /// <param name="progress">Told how far it is, at most ten times a second, from any thread.</param>
    /// <param name="cancellation">Stops it within a moment; what arrived is kept.</param>
    /// <exception cref="HubException">It could not be fetched; the message is one sentence that says what to do.</exception>
    /// <exception cref="OperationCanceledException">It was stopped.</exception>
    public async Task<PullResult> PullAsync(
        HubName name, IReadOnlyList<string>? files = null, IProgress<DownloadProgress>? progress = null, CancellationToken cancellation = default)
    {
        if (settings.Offline)
            throw new HubException(HubFault.Offline, $"{name.Id} cannot be fetched: HF_HUB_OFFLINE or TRANSFORMERS_OFFLINE forbids it; unset it, or copy the model into {settings.CacheFolder}.");
        try
        {
            using var http = new HubHttp(settings);
            return await PullAsync(http, name, name.File is { } file ? [file, .. files ?? []] : files ?? [], new ProgressMeter(progress, settings.Patience.Clock), cancellation).ConfigureAwait(false);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new HubException(HubFault.Cache, $"The cache {settings.CacheFolder} cannot be written to ({e.Message.TrimEnd('.')}); make room or give it the right to, or set HF_HUB_CACHE to another folder.");
        }
    }

    private async Task<PullResult> PullAsync(HubHttp http, HubName name, IReadOnlyList<string> asked, ProgressMeter meter, CancellationToken cancellation)
    {
        var retry = HubRetry.Pipeline(settings.Patience, note => meter.Note(name.Id, $"{name.Id}: {note}"));
        var remote = await retry.ExecuteAsync(async token => await RemoteRepository.OpenAsync(http, settings, name, token).ConfigureAwait(false), cancellation).ConfigureAwait(false);
        var cache = new CacheRepository(settings.CacheFolder, name);
        var download = new BlobDownload(http, remote, cache, settings, meter);

        IReadOnlyList<string> wanted = asked.Count > 0 ? [.. asked.Select(a => FileChoice.One(name, a, remote.Files)).Distinct(StringComparer.Ordinal)] : FileChoice.Of(name, remote.Files);
        var described = await DescribeAsync(wanted).ConfigureAwait(false);
        if (asked.Count == 0 && described.FirstOrDefault(f => f.Path is ModelFiles.Index or ModelFiles.PickledIndex) is { } index)
        {
            // What the shards are only the index knows.
            await FetchAsync([index]).ConfigureAwait(false);
            var shards = ShardIndex.Read(cache.SnapshotFile(remote.Commit, index.Path));
            described = [.. described.Where(f => f != index), index, .. await DescribeAsync(shards).ConfigureAwait(false)];
            await FetchAsync([.. described.Where(f => f != index)]).ConfigureAwait(false);
        }
        else
        {
            await FetchAsync(described).ConfigureAwait(false);
        }

        if (asked.Count == 0)
        {
            foreach (var absent in FileChoice.Absent(remote.Files))
                cache.WriteNoExist(remote.Commit, absent);
        }

        cache.WriteRef(name.RevisionOrMain, remote.Commit);
        return new PullResult(name, remote.Commit, cache.Snapshot(remote.Commit), [.. described.Select(f => f.Path).Order(StringComparer.Ordinal)], described.Sum(f => f.Size ?? 0), meter.Fetched);

        async Task<IReadOnlyList<RemoteFile>> DescribeAsync(IReadOnlyList<string> paths)
        {
            var found = new ConcurrentDictionary<string, RemoteFile>(StringComparer.Ordinal);
            await Parallel.ForEachAsync(paths, Options(cancellation), async (path, token) =>
                found[path] = await retry.ExecuteAsync(async t => await remote.DescribeAsync(path, t).ConfigureAwait(false), token).ConfigureAwait(false)).ConfigureAwait(false);
            return [.. paths.Select(p => found[p])];
        }

        async Task FetchAsync(IReadOnlyList<RemoteFile> files)
        {
            DiskSpace.Require(settings, name.Id, files.Sum(f => (f.Size ?? 0) - cache.BytesOf(remote.Commit, f)));
            foreach (var file in files)
                meter.Expect(file.Size);
            await Parallel.ForEachAsync(files, Options(cancellation), async (file, token) => await download.FetchAsync(file, token).ConfigureAwait(false)).ConfigureAwait(false);
        }
    }

    private static ParallelOptions Options(CancellationToken cancellation) => new() { MaxDegreeOfParallelism = FilesAtOnce, CancellationToken = cancellation };
}
