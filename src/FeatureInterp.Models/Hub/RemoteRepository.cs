using System.Net;
using System.Text.Json;

namespace FeatureInterp.Models;

/// <summary>What the hub says of one revision of a repository: its commit, its files, and of a file its hash and length.</summary>
internal sealed class RemoteRepository
{
    private const int MaxListing = 1 << 25;

    private readonly HubHttp _http;
    private readonly HubStatus _status;

    private RemoteRepository(HubHttp http, HubStatus status, HubName name, string commit, IReadOnlyList<string> files)
    {
        _http = http;
        _status = status;
        (Name, Commit, Files) = (name, commit, files);
    }

    public HubName Name { get; }

    /// <summary>The commit the revision stands for now.</summary>
    public string Commit { get; }

    /// <summary>The paths of all files, as the hub gives them: not checked yet.</summary>
    public IReadOnlyList<string> Files { get; }

    /// <summary>Asks for a revision.</summary>
    /// <exception cref="HubException">It is not there, not to be seen, or the answer breaks the protocol.</exception>
    public static async Task<RemoteRepository> OpenAsync(HubHttp http, HubSettings settings, HubName name, CancellationToken cancellation)
    {
        var status = new HubStatus(settings);
        var address = http.Address($"api/models/{name.Id}/revision/{Uri.EscapeDataString(name.RevisionOrMain)}");
        using var reply = await http.SendAsync(HttpMethod.Get, address, $"the files of {name.Id}", null, cancellation).ConfigureAwait(false);
        if (reply.Status != HttpStatusCode.OK)
            throw status.Fault(reply, name, null);
        var info = Parse(await ReadAsync(reply, settings.Patience, cancellation).ConfigureAwait(false));
        if (info?.Sha is not { } commit || !HubName.IsCommit(commit) || info.Siblings is not { } siblings)
            throw new HubException(HubFault.Protocol, $"The hub's answer about {name.Id} is not what a hub sends: a commit and a list of files; check HF_ENDPOINT.");
        return new RemoteRepository(http, status, name, commit, [.. siblings.Select(s => s?.FileName).OfType<string>()]);
    }

    /// <summary>Asks what a file is.</summary>
    /// <exception cref="HubException">It is not there, or the hub does not say which content it has.</exception>
    public async Task<RemoteFile> DescribeAsync(string path, CancellationToken cancellation)
    {
        _ = HubPath.Below(".", path);
        var address = _http.Address($"{Name.Id}/resolve/{Commit}/{string.Join('/', path.Split('/').Select(Uri.EscapeDataString))}");
        using var reply = await _http.SendAsync(HttpMethod.Head, address, path, null, cancellation).ConfigureAwait(false);
        if ((int)reply.Status is < 200 or >= 400)
            throw _status.Fault(reply, Name, path);
        if (reply.Commit is { } commit && commit != Commit)
            throw new HubException(HubFault.Protocol, $"The hub sends {path} of another commit of {Name.Id} than the one that was asked for; try again, or check HF_ENDPOINT.");
        if (reply.ETag is not { } etag)
            throw new HubException(HubFault.Protocol, $"The hub does not say which content {path} has (there is no ETag), so it could not be kept or checked; check HF_ENDPOINT.");
        return new RemoteFile(path, address, etag, reply.LinkedSize ?? ((int)reply.Status < 300 ? reply.Message.Content.Headers.ContentLength : null));
    }

    /// <summary>The fault of an answer to a request for a file's content.</summary>
    public HubException Fault(HubReply reply, string path) => _status.Fault(reply, Name, path);

    private static async Task<byte[]> ReadAsync(HubReply reply, HubPatience patience, CancellationToken cancellation)
    {
        using var limit = new CancellationTokenSource(patience.Stall, patience.Clock);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellation, limit.Token);
        try
        {
            var stream = await reply.Message.Content.ReadAsStreamAsync(either.Token).ConfigureAwait(false);
            using var body = new MemoryStream();
            var block = new byte[1 << 16];
            while (await stream.ReadAsync(block, either.Token).ConfigureAwait(false) is var read and > 0)
            {
                if (body.Length + read > MaxListing)
                    throw new HubException(HubFault.Protocol, $"The hub's list of {reply.What} is longer than {MaxListing >> 20} MiB, which no repository's is; check HF_ENDPOINT.");
                body.Write(block, 0, read);
            }

            return body.ToArray();
        }
        catch (Exception e) when (e is IOException or HttpRequestException || e is OperationCanceledException && !cancellation.IsCancellationRequested)
        {
            throw new HubException(HubFault.NoNetwork, $"The connection was cut while the hub sent {reply.What}; check the network, then run the same again.") { IsTransient = true };
        }
    }

    private static RevisionInfo? Parse(byte[] json)
    {
        try
        {
            return JsonSerializer.Deserialize(json, HubJson.Default.RevisionInfo);
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            return null;
        }
    }
}
