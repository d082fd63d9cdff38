using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using System.Text.Json;
using FeatureInterp.Models;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace FeatureInterp.Tests.Hub;

/// <summary>
/// A hub with one repository, and beside it, on another port, the host that keeps its large files. Everything that arrives is recorded; a test can step in
/// before an answer or into the middle of one.
/// </summary>
internal sealed class FakeHub : IAsyncDisposable
{
    public const string Id = "org/tiny-model";
    public const string Commit = "0123456789abcdef0123456789abcdef01234567";
    public const int Block = 1 << 16;

    private readonly WebApplication _app;
    private int _cdnPort;

    private FakeHub(WebApplication app) => _app = app;

    public Uri Endpoint { get; private set; } = null!;

    public SortedDictionary<string, FakeFile> Files { get; } = new(StringComparer.Ordinal);

    public ConcurrentQueue<FakeRequest> Requests { get; } = new();

    /// <summary>Answers in the hub's place; false leaves the answer to the hub.</summary>
    public Func<FakeRequest, Task<bool>> Intercept { get; set; } = _ => Task.FromResult(false);

    /// <summary>Called before each piece of a file goes out, with the file, the piece's offset in it and the bytes already sent in this answer; false cuts the connection.</summary>
    public Func<FakeRequest, FakeFile, long, long, Task<bool>> BeforePiece { get; set; } = (_, _, _, _) => Task.FromResult(true);

    public int PieceBytes { get; set; } = 1 << 16;

    public bool SendsLength { get; set; } = true;

    public bool KnowsRanges { get; set; } = true;

    /// <summary>The bytes of files that went out, for all requests.</summary>
    public long Served => Requests.Sum(r => r.Served);

    public IEnumerable<FakeRequest> Gets(string end) => Requests.Where(r => r.Method == "GET" && r.Path.EndsWith(end, StringComparison.Ordinal));

    public static async Task<FakeHub> StartAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(options =>
        {
            options.Listen(IPAddress.Loopback, 0);
            options.Listen(IPAddress.Loopback, 0);
            options.Limits.MinResponseDataRate = null;
        });
        var hub = new FakeHub(builder.Build());
        hub._app.Run(hub.AnswerAsync);
        await hub._app.StartAsync();
        var addresses = hub._app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Select(a => new Uri(a)).ToArray();
        (hub.Endpoint, hub._cdnPort) = (addresses[0], addresses[1].Port);
        return hub;
    }

    /// <summary>Fills the repository with a small model: one large file of random bytes, or several.</summary>
    public FakeHub WithModel(int weightBytes, int shards = 1)
    {
        Files["config.json"] = FakeFile.Small("""{"architectures":["Gemma2ForCausalLM"],"num_hidden_layers":2}""");
        Files["tokenizer.json"] = FakeFile.Small("{}");
        Files["README.md"] = FakeFile.Small("# Not a part of the model");
        Files["pytorch_model.bin"] = FakeFile.Large(10, 99);
        if (shards == 1)
        {
            Files["model.safetensors"] = FakeFile.Large(weightBytes, 1);
            return this;
        }

        var names = Enumerable.Range(1, shards).Select(i => $"model-{i:00000}-of-{shards:00000}.safetensors").ToList();
        for (var i = 0; i < shards; i++)
            Files[names[i]] = FakeFile.Large(weightBytes / shards, i);
        Files["model.safetensors.index.json"] = FakeFile.Small(JsonSerializer.Serialize(new { weight_map = names.ToDictionary(n => "tensor." + n) }));
        return this;
    }

    public HubSettings Settings(string cache, string? token = null) => new()
    {
        CacheFolder = cache,
        Endpoint = Endpoint,
        Token = HubToken.Of(token),
        Patience = new HubPatience { Delay = TimeSpan.FromMilliseconds(1), LockPause = TimeSpan.FromMilliseconds(5), Answer = TimeSpan.FromSeconds(20) },
    };

    public async ValueTask DisposeAsync()
    {
        using var now = new CancellationTokenSource(TimeSpan.FromMilliseconds(100));
        await _app.StopAsync(now.Token);
        await _app.DisposeAsync();
    }

    public static async Task StatusAsync(FakeRequest request, int status, params (string Name, string Value)[] headers)
    {
        request.Context.Response.StatusCode = status;
        foreach (var (name, value) in headers)
            request.Context.Response.Headers[name] = value;
        await request.Context.Response.CompleteAsync();
    }

    private async Task AnswerAsync(HttpContext context)
    {
        var request = new FakeRequest(context, context.Connection.LocalPort == _cdnPort);
        Requests.Enqueue(request);
        if (await Intercept(request))
            return;
        if (request.IsCdn)
            await ContentAsync(request, Files.Values.First(f => request.Path == "/blobs/" + f.ETag), "\"cdn-has-its-own\"");
        else if (request.Path.StartsWith($"/api/models/{Id}/revision/", StringComparison.Ordinal))
            await ListAsync(request);
        else if (request.Path.StartsWith($"/{Id}/resolve/{Commit}/", StringComparison.Ordinal))
            await ResolveAsync(request, request.Path[$"/{Id}/resolve/{Commit}/".Length..]);
        else
            await StatusAsync(request, 404, ("X-Error-Code", "RepoNotFound"));
    }

    private async Task ListAsync(FakeRequest request)
    {
        if (request.Path[(request.Path.LastIndexOf('/') + 1)..] is not ("main" or Commit))
            await StatusAsync(request, 404, ("X-Error-Code", "RevisionNotFound"));
        else
            await request.Context.Response.WriteAsJsonAsync(new { id = Id, sha = Commit, siblings = Files.Keys.Select(f => new { rfilename = f }) });
    }

    private async Task ResolveAsync(FakeRequest request, string path)
    {
        if (!Files.TryGetValue(path, out var file))
        {
            await StatusAsync(request, 404, ("X-Error-Code", "EntryNotFound"));
            return;
        }

        request.Context.Response.Headers["X-Repo-Commit"] = Commit;
        if (!file.IsLarge)
        {
            await ContentAsync(request, file, $"\"{file.ETag}\"");
            return;
        }

        await StatusAsync(
            request,
            302,
            ("X-Linked-Etag", $"\"{file.ETag}\""),
            ("X-Linked-Size", file.Content.Length.ToString(CultureInfo.InvariantCulture)),
            ("Location", $"http://127.0.0.1:{_cdnPort}/blobs/{file.ETag}?Signature=secret-signature"));
    }

    private async Task ContentAsync(FakeRequest request, FakeFile file, string etag)
    {
        var response = request.Context.Response;
        response.Headers.ETag = etag;
        long start = 0;
        if (KnowsRanges && request.Range.Length > 0 && (request.IfRange.Length == 0 || request.IfRange == etag))
        {
            start = long.Parse(request.Range["bytes=".Length..^1], CultureInfo.InvariantCulture);
            if (start >= file.Content.Length)
            {
                await StatusAsync(request, 416, ("Content-Range", $"bytes */{file.Content.Length}"));
                return;
            }

            response.StatusCode = 206;
            response.Headers.ContentRange = $"bytes {start}-{file.Content.Length - 1}/{file.Content.Length}";
        }

        if (SendsLength)
            response.ContentLength = file.Content.Length - start;
        if (request.Method == "HEAD")
            return;
        await response.StartAsync();
        for (var at = start; at < file.Content.Length; at += PieceBytes)
        {
            if (!await BeforePiece(request, file, at, at - start))
            {
                request.Context.Abort();
                return;
            }

            var piece = file.Content.AsMemory((int)at, (int)Math.Min(PieceBytes, file.Content.Length - at));
            await response.Body.WriteAsync(piece, request.Context.RequestAborted);
            await response.Body.FlushAsync(request.Context.RequestAborted);
            request.Count(piece.Length);
        }
    }
}
