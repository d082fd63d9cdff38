using System.Diagnostics;
using System.Globalization;
using FeatureInterp.Models;
using Microsoft.AspNetCore.Http;

namespace FeatureInterp.Tests.Hub;

/// <summary>A pull from a hub, or a network, that does not behave: each failure is one sentence of its own, and none of them holds the token.</summary>
public class HubFaultTests
{
    private const string Token = "hf_recognisableTokenOfTheTest";

    [Theory]
    [InlineData(401, "RepoNotFound", false, HubFault.Unauthorized, "set HF_TOKEN to a token from {endpoint}/settings/tokens")]
    [InlineData(401, "RepoNotFound", true, HubFault.Unauthorized, "refuses the token")]
    [InlineData(401, "GatedRepo", false, HubFault.Gated, "accept its licence at {endpoint}/org/tiny-model")]
    [InlineData(403, "GatedRepo", true, HubFault.Gated, "accept its licence at {endpoint}/org/tiny-model")]
    [InlineData(404, "RepoNotFound", true, HubFault.NotFound, "private (404)")]
    [InlineData(404, "RevisionNotFound", true, HubFault.NotFound, "no revision 'main'")]
    [InlineData(418, "", true, HubFault.Server, "answers 418")]
    public async Task Refusal_IsTypedAndSaysWhatToDo(int status, string code, bool token, HubFault fault, string says)
    {
        await using var work = await HubWorkspace.StartAsync();
        work.Hub.Intercept = request => AnswerAsync(request, status, ("X-Error-Code", code), ("X-Error-Message", "you sent " + request.Authorization));
        var e = await FailsAsync(work, fault, settings: work.Hub.Settings(work.Cache, token ? Token : null));
        Assert.Contains(says.Replace("{endpoint}", work.Hub.Endpoint.AbsoluteUri.TrimEnd('/'), StringComparison.Ordinal), e.Message);
        Assert.Single(work.Hub.Requests);
    }

    [Fact]
    public async Task GatedAtTheFiles_SaysWhereToAcceptTheLicence()
    {
        await using var work = await HubWorkspace.StartAsync();
        work.Hub.WithModel(1000).Intercept = async request =>
            request.Path.Contains("/resolve/", StringComparison.Ordinal) && await AnswerAsync(request, 403, ("X-Error-Code", "GatedRepo"));
        var e = await FailsAsync(work, HubFault.Gated);
        Assert.Contains("accept its licence at " + work.Hub.Endpoint.AbsoluteUri + "org/tiny-model", e.Message);
    }

    [Fact]
    public async Task NotFound_NamesTheNearestInTheCache()
    {
        await using var work = await HubWorkspace.StartAsync();
        work.Hub.WithModel(1000);
        await work.PullAsync();
        var e = await FailsAsync(work, HubFault.NotFound, "org/tiny-modle");
        Assert.Contains("the cache has org/tiny-model", e.Message);
    }

    [Theory]
    [InlineData("no-such.gguf", HubFault.NotFound, "no file 'no-such.gguf'; did you mean")]
    [InlineData("Q4", HubFault.NotFound, "no file 'Q4'")]
    [InlineData("tiny", HubFault.NoWeights, "2 .gguf files with 'tiny'")]
    public async Task WrongFile_NamesWhatThereIs(string file, HubFault fault, string says)
    {
        await using var work = await HubWorkspace.StartAsync();
        work.Hub.Files["tiny-Q4_0.gguf"] = work.Hub.Files["tiny-Q8_0.gguf"] = FakeFile.Large(10, 1);
        Assert.Contains(says, (await FailsAsync(work, fault, FakeHub.Id + ":" + file)).Message);
    }

    [Fact]
    public async Task NoWeights_AndTooManyGgufFiles_AreSaid()
    {
        await using var work = await HubWorkspace.StartAsync();
        work.Hub.Files["config.json"] = FakeFile.Small("{}");
        Assert.Contains("no weights that can be loaded", (await FailsAsync(work, HubFault.NoWeights)).Message);
        work.Hub.Files["a.gguf"] = work.Hub.Files["b.gguf"] = FakeFile.Large(10, 1);
        Assert.Contains("choose one, as in org/tiny-model:a.gguf (it has a.gguf, b.gguf)", (await FailsAsync(work, HubFault.NoWeights)).Message);
    }

    [Theory]
    [InlineData(500)]
    [InlineData(503)]
    [InlineData(429)]
    public async Task PassingTrouble_IsSatOut(int status)
    {
        await using var work = await HubWorkspace.StartAsync();
        var refused = 0;
        work.Hub.WithModel(300_000).Intercept = async request =>
            (request.IsCdn || request.Path.StartsWith("/api/", StringComparison.Ordinal)) && Interlocked.Increment(ref refused) <= 4 && await AnswerAsync(request, status);
        await work.PullAsync();
        work.AssertWhole();
        Assert.Equal(6, refused);
        Assert.Contains(work.Progress.Notes, n => n.Contains("asking again in", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData(500, HubFault.Server, "answers 500")]
    [InlineData(429, HubFault.TooManyRequests, "too many requests (429)")]
    public async Task LastingTrouble_EndsAfterFiveMoreTries(int status, HubFault fault, string says)
    {
        await using var work = await HubWorkspace.StartAsync();
        work.Hub.WithModel(1000).Intercept = request => AnswerAsync(request, status);
        Assert.Contains(says, (await FailsAsync(work, fault)).Message);
        Assert.Equal(6, work.Hub.Requests.Count);
    }

    [Fact]
    public async Task RetryAfter_IsWaitedFor()
    {
        await using var work = await HubWorkspace.StartAsync();
        var first = true;
        work.Hub.WithModel(1000).Intercept = async request =>
        {
            (var now, first) = (first, false);
            return now && await AnswerAsync(request, 429, ("Retry-After", "1"));
        };
        var clock = Stopwatch.StartNew();
        await work.PullAsync();
        Assert.InRange(clock.Elapsed, TimeSpan.FromSeconds(0.95), TimeSpan.FromSeconds(20));
        Assert.Contains(work.Progress.Notes, n => n.Contains("asking again in 1 s", StringComparison.Ordinal));
    }

    [Fact]
    public async Task RetryAfterAnHour_IsNotWaitedForButSaid()
    {
        await using var work = await HubWorkspace.StartAsync();
        work.Hub.WithModel(1000).Intercept = request => AnswerAsync(request, 429, ("Retry-After", "3600"));
        Assert.Contains("60 minutes", (await FailsAsync(work, HubFault.TooManyRequests)).Message);
        Assert.Single(work.Hub.Requests);
    }

    [Fact]
    public async Task WrongHash_DeletesTheFile()
    {
        await using var work = await HubWorkspace.StartAsync();
        work.Hub.WithModel(100_000).Files["model.safetensors"].ETag = new string('0', 64);
        var e = await FailsAsync(work, HubFault.WrongHash);
        Assert.StartsWith("model.safetensors is not what the hub's hash says", e.Message);
        Assert.DoesNotContain(Directory.GetFiles(work.Repository, "*", SearchOption.AllDirectories), f => f.Contains("0000000000", StringComparison.Ordinal));
        Assert.False(File.Exists(Path.Combine(work.Repository, "refs", "main")));
    }

    [Fact]
    public async Task WrongHashOfASmallFile_IsSeenToo()
    {
        await using var work = await HubWorkspace.StartAsync();
        work.Hub.WithModel(1000).Files["config.json"].ETag = new string('0', 40);
        Assert.StartsWith("config.json is not", (await FailsAsync(work, HubFault.WrongHash)).Message);
    }

    [Fact]
    public async Task NoHubAtThatPort_IsNoNetwork()
    {
        await using var work = await HubWorkspace.StartAsync();
        var settings = work.Hub.Settings(work.Cache, Token) with { Endpoint = new Uri("http://127.0.0.1:9") };
        var e = await FailsAsync(work, HubFault.NoNetwork, settings: settings);
        Assert.Contains("no connection", e.Message);
        Assert.Contains("it goes on where it stopped", e.Message);
    }

    [Fact]
    public async Task Offline_OpensNoConnection()
    {
        await using var work = await HubWorkspace.StartAsync();
        var e = await FailsAsync(work, HubFault.Offline, settings: work.Hub.Settings(work.Cache, Token) with { Offline = true });
        Assert.Contains("HF_HUB_OFFLINE", e.Message);
        Assert.Empty(work.Hub.Requests);
    }

    [Fact]
    public async Task FullDisk_IsSaidBeforeAnythingLargeIsAskedFor()
    {
        await using var work = await HubWorkspace.StartAsync();
        work.Hub.WithModel(2_000_000);
        var e = await FailsAsync(work, HubFault.DiskSpace, settings: work.Hub.Settings(work.Cache, Token) with { FreeSpace = _ => 1_000_000 });
        Assert.Contains("needs 2 MB more", e.Message);
        Assert.Contains("has 1 MB free", e.Message);
        Assert.Equal(0, work.Hub.Served);
    }

    [Fact]
    public async Task CacheThatCannotBeWritten_IsOneSentence()
    {
        await using var work = await HubWorkspace.StartAsync();
        File.WriteAllText(work.Cache, "a file where the folder should be");
        work.Hub.WithModel(1000);
        Assert.Contains("cannot be written to", (await FailsAsync(work, HubFault.Cache)).Message);
    }

    [Theory]
    [InlineData("http://files.example.org/x", HubFault.Protocol, "not HTTPS")]
    [InlineData("https://hf_recognisableTokenOfTheTest.invalid/x", HubFault.NoNetwork, "could not be reached")]
    [InlineData("/org/tiny-model/resolve/main/around", HubFault.Protocol, "more than 10 times")]
    public async Task RedirectThatLeadsNowhere_IsRefused(string target, HubFault fault, string says)
    {
        await using var work = await HubWorkspace.StartAsync();
        work.Hub.WithModel(1000).Intercept = async request =>
            request.Method == "GET" && request.Path.StartsWith("/org/", StringComparison.Ordinal) && await AnswerAsync(request, 302, ("Location", target));
        Assert.Contains(says, (await FailsAsync(work, fault)).Message);
    }

    [Theory]
    [InlineData("nonsense")]
    [InlineData("[]")]
    [InlineData("""{"sha":"../../elsewhere","siblings":[]}""")]
    [InlineData("""{"sha":"0123456789abcdef0123456789abcdef01234567"}""")]
    [InlineData("""{"sha":"0123456789abcdef0123456789abcdef01234567","siblings":[{"rfilename":7}]}""")]
    public async Task ListOfAnotherShape_IsAProtocolFault(string body)
    {
        await using var work = await HubWorkspace.StartAsync();
        work.Hub.Intercept = async request =>
        {
            await request.Context.Response.WriteAsync(body);
            return true;
        };
        Assert.Contains("not what a hub sends", (await FailsAsync(work, HubFault.Protocol)).Message);
    }

    [Theory]
    [InlineData("../../../evil")]
    [InlineData("..%2fevil")]
    [InlineData("with/slash")]
    public async Task HostileEtag_NeverBecomesAPath(string etag)
    {
        await using var work = await HubWorkspace.StartAsync();
        work.Hub.WithModel(1000).Files["config.json"].ETag = etag;
        Assert.Contains("no hash", (await FailsAsync(work, HubFault.Protocol)).Message);
    }

    [Theory]
    [InlineData("../../evil.safetensors")]
    [InlineData("/etc/evil.safetensors")]
    [InlineData("a/../../../evil.safetensors")]
    [InlineData("C:\\evil.safetensors")]
    [InlineData("evil\u0000.safetensors")]
    public async Task HostileNameInTheIndex_IsRefusedBeforeItIsAskedFor(string name)
    {
        await using var work = await HubWorkspace.StartAsync();
        work.Hub.WithModel(1000, shards: 2);
        work.Hub.Files["model.safetensors.index.json"] = FakeFile.Small(System.Text.Json.JsonSerializer.Serialize(new { weight_map = new Dictionary<string, string> { ["w"] = name } }));
        Assert.Contains("is refused", (await FailsAsync(work, HubFault.InvalidName)).Message);
        Assert.DoesNotContain(work.Hub.Requests, r => r.Path.Contains("evil", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("chat_template\\..\\..\\evil")]
    [InlineData("chat_template.jinja:stream")]
    public async Task HostileNameInTheList_IsRefused(string name)
    {
        await using var work = await HubWorkspace.StartAsync();
        work.Hub.WithModel(1000).Files[name] = FakeFile.Small("x");
        Assert.Contains("is refused", (await FailsAsync(work, HubFault.InvalidName)).Message);
    }

    [Fact]
    public async Task MoreThanAnnounced_IsAProtocolFault()
    {
        await using var work = await HubWorkspace.StartAsync();
        work.Hub.WithModel(100_000);
        work.Hub.SendsLength = false;
        work.Hub.Intercept = async request =>
        {
            if (request.Method != "HEAD" || !request.Path.EndsWith("model.safetensors", StringComparison.Ordinal))
                return false;
            var etag = work.Hub.Files["model.safetensors"].ETag;
            return await AnswerAsync(request, 302, ("X-Linked-Etag", etag), ("X-Linked-Size", "5000"), ("Location", "https://elsewhere.invalid/"));
        };
        Assert.Contains("sends more of model.safetensors than the 5000 bytes", (await FailsAsync(work, HubFault.Protocol)).Message);
    }

    [Fact]
    public async Task SilentHub_IsLeftAfterTheTimeGiven()
    {
        await using var work = await HubWorkspace.StartAsync();
        work.Hub.Intercept = async request =>
        {
            await Task.Delay(-1, request.Context.RequestAborted);
            return true;
        };
        var settings = work.Hub.Settings(work.Cache, Token);
        settings = settings with { Patience = settings.Patience with { Answer = TimeSpan.FromMilliseconds(50), Retries = 1 } };
        Assert.Contains("did not answer within", (await FailsAsync(work, HubFault.NoNetwork, settings: settings)).Message);
    }

    private static async Task<bool> AnswerAsync(FakeRequest request, int status, params (string, string)[] headers)
    {
        await FakeHub.StatusAsync(request, status, headers);
        return true;
    }

    // One sentence, of the fault expected; and the token in none of the text that anyone could see.
    private static async Task<HubException> FailsAsync(HubWorkspace work, HubFault fault, string name = FakeHub.Id, HubSettings? settings = null)
    {
        settings ??= work.Hub.Settings(work.Cache, Token);
        var e = await Assert.ThrowsAsync<HubException>(() => work.PullAsync(settings, name));
        Assert.True(fault == e.Fault, e.Fault + ": " + e.Message);
        Assert.DoesNotContain('\n', e.Message);
        Assert.EndsWith(".", e.Message);
        Assert.True(e.Message.Length < 400, e.Message);
        var visible = string.Create(CultureInfo.InvariantCulture, $"{e} {settings} {settings.Token} {string.Join(' ', work.Progress.Reports)} {string.Join(' ', e.Data.Values.Cast<object>())}");
        Assert.DoesNotContain(Token, visible, StringComparison.OrdinalIgnoreCase);
        Assert.DoesNotContain("secret-signature", visible);
        return e;
    }
}
