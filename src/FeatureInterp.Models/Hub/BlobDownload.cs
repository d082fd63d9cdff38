using System.Net;
using System.Net.Http.Headers;

namespace FeatureInterp.Models;

/// <summary>Fetches one file into the cache's blobs: locked against other processes, resumed where an earlier try stopped, checked by hash, renamed when whole.</summary>
/// <param name="http">The hub.</param>
/// <param name="remote">The revision the file is of.</param>
/// <param name="cache">The repository in the cache.</param>
/// <param name="settings">How patient to be.</param>
/// <param name="meter">Counts the bytes.</param>
internal sealed class BlobDownload(HubHttp http, RemoteRepository remote, CacheRepository cache, HubSettings settings, ProgressMeter meter)
{
    private const int BlockBytes = 1 << 16;
    private const int MaxChanges = 3;

    private enum Ending
    {
        Whole,
        Cut,
        Changed,
    }

    /// <summary>Fetches a file and puts it into the snapshot.</summary>
    /// <param name="file">The file.</param>
    /// <param name="cancellation">Stops it; what has arrived is kept.</param>
    /// <exception cref="HubException">It could not be fetched, or is not what the hub says it is.</exception>
    public async Task FetchAsync(RemoteFile file, CancellationToken cancellation)
    {
        for (var change = 0; change <= MaxChanges; change++)
        {
            if (await FetchOnceAsync(file, cancellation).ConfigureAwait(false))
                return;
            meter.Note(file.Path, $"{file.Path} changed on the hub meanwhile; it is fetched anew");
            var old = file.Size;
            file = await Retry(file).ExecuteAsync(async token => await remote.DescribeAsync(file.Path, token).ConfigureAwait(false), cancellation).ConfigureAwait(false);
            meter.Expect(file.Size - (old ?? 0));
        }

        throw new HubException(HubFault.Protocol, $"The hub changes {file.Path} again and again while it is fetched, so no whole file can be had; try again later, or check HF_ENDPOINT.");
    }

    // False when the hub has another file now.
    private async Task<bool> FetchOnceAsync(RemoteFile file, CancellationToken cancellation)
    {
        var (blobPath, target) = (cache.Blob(file.ETag), cache.SnapshotFile(remote.Commit, file.Path));
        using var held = await HubLock.TakeAsync(
            cache.Lock(file.ETag), settings.Patience, () => meter.Note(file.Path, $"waiting for another process that is fetching {file.Path}"), cancellation).ConfigureAwait(false);
        if (cache.Has(remote.Commit, file))
        {
            meter.Have(file.Path, file.Size ?? 0);
            return true;
        }

        var isNew = !File.Exists(blobPath);
        if (!isNew)
            meter.Have(file.Path, file.Size ?? 0);
        else if (!await FetchBlobAsync(file, blobPath, cancellation).ConfigureAwait(false))
            return false;
        SnapshotLink.Place(blobPath, target, settings.Links, isNew);
        return true;
    }

    private async Task<bool> FetchBlobAsync(RemoteFile file, string path, CancellationToken cancellation)
    {
        using var blob = PartialBlob.Open(cache.Partial(file.ETag), file);
        meter.Have(file.Path, blob.Length);
        while (true)
        {
            if (!await FillAsync(file, blob, cancellation).ConfigureAwait(false))
            {
                meter.Have(file.Path, -blob.Length);
                blob.Delete();
                return false;
            }

            if (await blob.IsGenuineAsync(cancellation).ConfigureAwait(false))
                break;
            meter.Have(file.Path, -blob.Length);
            if (!blob.Resumed)
            {
                blob.Delete();
                throw new HubException(HubFault.WrongHash, $"{file.Path} is not what the hub's hash says it is and was deleted; fetch it again, and if that happens again look for a proxy that changes files on the way.");
            }

            meter.Note(file.Path, $"the beginning of {file.Path} that was there is damaged; it is fetched anew");
            blob.Restart();
        }

        blob.Finish(path);
        return true;
    }

    // False when the hub has another file now.
    private async Task<bool> FillAsync(RemoteFile file, PartialBlob blob, CancellationToken cancellation)
    {
        var retry = Retry(file);
        for (var requests = 0; !blob.IsComplete; requests++)
        {
            if (requests > settings.Patience.Cuts)
                throw new HubException(HubFault.NoNetwork, $"The connection for {file.Path} was cut more than {settings.Patience.Cuts} times; run the same again: it goes on where it stopped.");
            if (requests > 0)
                await Task.Delay(settings.Patience.Delay, settings.Patience.Clock, cancellation).ConfigureAwait(false);
            var ending = await retry.ExecuteAsync(async token => await TryAsync(file, blob, token).ConfigureAwait(false), cancellation).ConfigureAwait(false);
            if (ending is not Ending.Cut)
                return ending is Ending.Whole;
        }

        return true;
    }

    // One request. A connection that was cut after it brought something is no failure: the next one goes on from there.
    private async Task<Ending> TryAsync(RemoteFile file, PartialBlob blob, CancellationToken cancellation)
    {
        var start = blob.Length;
        using var reply = await http.SendAsync(HttpMethod.Get, file.Address, file.Path, (request, isHub) => Ask(request, isHub, file, start), cancellation).ConfigureAwait(false);
        if (reply.ETag is { } etag && etag != file.ETag && reply.Status is HttpStatusCode.OK or HttpStatusCode.PartialContent or HttpStatusCode.RequestedRangeNotSatisfiable)
            return Ending.Changed;
        switch (reply.Status)
        {
            case HttpStatusCode.PartialContent when start > 0 && Continues(reply, file, start):
                break;
            case HttpStatusCode.OK:
                StartOver(file, blob);
                break;
            case HttpStatusCode.RequestedRangeNotSatisfiable or HttpStatusCode.PartialContent when start > 0:
                // The range is past the end: either everything is there already, or what is there belongs to another file.
                if (reply.Message.Content.Headers.ContentRange?.Length == start && (file.Size ?? start) == start)
                    return Ending.Whole;
                StartOver(file, blob);
                return Ending.Cut;
            default:
                throw remote.Fault(reply, file.Path);
        }

        return await CopyAsync(reply, file, blob, cancellation).ConfigureAwait(false);
    }

    private static void Ask(HttpRequestMessage request, bool isHub, RemoteFile file, long start)
    {
        if (start == 0)
            return;
        request.Headers.Range = new RangeHeaderValue(start, null);
        // The host of large files names content in its own way, so only the hub can be asked whether it is still the same.
        if (isHub && EntityTagHeaderValue.TryParse($"\"{file.ETag}\"", out var tag))
            request.Headers.IfRange = new RangeConditionHeaderValue(tag);
    }

    private static bool Continues(HubReply reply, RemoteFile file, long start) =>
        reply.Message.Content.Headers.ContentRange is { } range && range.From == start && (range.Length is null || file.Size is null || range.Length == file.Size);

    private void StartOver(RemoteFile file, PartialBlob blob)
    {
        meter.Have(file.Path, -blob.Length);
        blob.Restart();
    }

    private async Task<Ending> CopyAsync(HubReply reply, RemoteFile file, PartialBlob blob, CancellationToken cancellation)
    {
        var start = blob.Length;
        var block = new byte[BlockBytes];
        await using var stream = await reply.Message.Content.ReadAsStreamAsync(cancellation).ConfigureAwait(false);
        int read;
        while ((read = await ReadAsync(stream, block, cancellation).ConfigureAwait(false)) > 0)
        {
            if (blob.Length + read > file.Size)
                throw new HubException(HubFault.Protocol, $"The hub sends more of {file.Path} than the {file.Size} bytes it announced; check HF_ENDPOINT.");
            await blob.AppendAsync(block.AsMemory(0, read)).ConfigureAwait(false);
            meter.Arrived(file.Path, read);
        }

        if (blob.IsComplete || read == 0 && file.Size is null)
            return Ending.Whole;
        return blob.Length > start
            ? Ending.Cut
            : throw new HubException(HubFault.NoNetwork, $"The connection for {file.Path} was cut before it brought anything, again and again; check the network, then run the same again: it goes on where it stopped.") { IsTransient = true };
    }

    // The next bytes; 0 at the end, -1 when the connection was cut or brings nothing any more.
    private async Task<int> ReadAsync(Stream stream, byte[] block, CancellationToken cancellation)
    {
        using var limit = new CancellationTokenSource(settings.Patience.Stall, settings.Patience.Clock);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellation, limit.Token);
        try
        {
            return await stream.ReadAsync(block, either.Token).ConfigureAwait(false);
        }
        catch (Exception e) when (e is IOException or HttpRequestException || e is OperationCanceledException && !cancellation.IsCancellationRequested)
        {
            return -1;
        }
    }

    private Polly.ResiliencePipeline Retry(RemoteFile file) => HubRetry.Pipeline(settings.Patience, note => meter.Note(file.Path, $"{file.Path}: {note}"));
}
