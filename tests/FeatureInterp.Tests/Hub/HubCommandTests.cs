using System.Diagnostics;
using System.Runtime.InteropServices;
using System.Text.Json;
using FeatureInterp.Kernel.Commands;
using FeatureInterp.Models;

namespace FeatureInterp.Tests.Hub;

/// <summary>The two verbs as a user runs them: in a process of their own, with the token in the environment.</summary>
public sealed partial class HubCommandTests
{
    private const string Token = "hf_recognisableTokenOfTheTest";
    private const int Interrupt = 2;

    [Fact]
    public async Task PullThenModels_ListsWhatWasFetched()
    {
        await using var work = await HubWorkspace.StartAsync();
        work.Hub.WithModel(300_000);
        var (code, output, error) = await HubProcess.RunAsync(work, Token, ["pull", FakeHub.Id]);
        Assert.True(code == 0, error);
        Assert.Equal(work.Snapshot + Environment.NewLine, output);
        Assert.Contains("org/tiny-model at 01234567: 3 files, 300.1 kB, 300.1 kB of them fetched now", error);
        Assert.DoesNotContain('\u001b', error);
        work.AssertWhole();

        (code, output, error) = await HubProcess.RunAsync(work, Token, ["models", "--json"]);
        Assert.True(code == 0, error);
        var models = JsonDocument.Parse(output).RootElement.EnumerateArray().ToDictionary(m => m.GetProperty("name").GetString()!);
        Assert.Equal(("data", true), (models["talegrid-6m"].GetProperty("source").GetString(), models["talegrid-6m"].GetProperty("can_load").GetBoolean()));
        var pulled = models[FakeHub.Id];
        Assert.Equal(("cache", "Gemma2ForCausalLM", work.Snapshot), (pulled.GetProperty("source").GetString(), pulled.GetProperty("architecture").GetString(), pulled.GetProperty("path").GetString()));
        // Random bytes are no weights.
        Assert.False(pulled.GetProperty("can_load").GetBoolean());
        Assert.Contains("model.safetensors", pulled.GetProperty("problem").GetString());

        (code, output, error) = await HubProcess.RunAsync(work, Token, ["models", "--dir", Repository.Data()]);
        Assert.True(code == 0, error);
        Assert.Contains("Hugging Face cache", output);
        Assert.Contains("+ per 1k tokens", output);
        Assert.Contains(Repository.Data("models", "talegrid-6m"), output);
    }

    [Theory]
    [InlineData(401, "refuses the token")]
    [InlineData(403, "accept its licence")]
    [InlineData(404, "or it is private (404)")]
    public async Task PullThatFails_IsOneSentenceWithoutTheToken(int status, string says)
    {
        await using var work = await HubWorkspace.StartAsync();
        work.Hub.Intercept = async request =>
        {
            await FakeHub.StatusAsync(request, status, ("X-Error-Message", request.Authorization));
            return true;
        };
        var (code, output, error) = await HubProcess.RunAsync(work, Token, ["pull", FakeHub.Id]);
        Assert.Equal(1, code);
        Assert.Empty(output);
        Assert.Contains(says, error);
        // FEATUREINTERP_DEBUG prints the trace as well, and the token is not even there.
        Assert.Contains("   at ", error);
        Assert.DoesNotContain(Token, error);
        Assert.All(work.Hub.Requests, r => Assert.Equal("Bearer " + Token, r.Authorization));
    }

    [Theory]
    [InlineData("pull", "../../etc", "no name of a model")]
    [InlineData("pull", "org/name --revision ../x", "no revision")]
    [InlineData("models", "--dir /no/such/folder", "no such folder")]
    public async Task BadArguments_AreOneSentence(string verb, string rest, string says)
    {
        await using var work = await HubWorkspace.StartAsync();
        var (code, _, error) = await HubProcess.RunAsync(work, [verb, .. rest.Split(' ')]);
        Assert.Equal(1, code);
        Assert.Contains(says, error);
        Assert.Empty(work.Hub.Requests);
    }

    [Fact]
    public async Task Pull_Interrupted_KeepsThePartAndSaysHowToGoOn()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "signals are sent with kill(2)");
        Assert.SkipWhen(IgnoresInterrupts(), "started with SIGINT ignored (as shells start background jobs), and so would be the program under test");
        await using var work = await HubWorkspace.StartAsync();
        var file = work.Hub.WithModel(1_000_000).Files["model.safetensors"];
        var reached = new TaskCompletionSource();
        work.Hub.BeforePiece = async (request, f, at, _) =>
        {
            if (f.IsLarge && at >= 500_000)
            {
                reached.TrySetResult();
                await Task.Delay(-1, request.Context.RequestAborted);
            }

            return true;
        };
        using var process = HubProcess.Start(work, "pull", FakeHub.Id);
        var error = process.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        await reached.Task.WaitAsync(TimeSpan.FromSeconds(60), TestContext.Current.CancellationToken);
        while (!File.Exists(work.Partial(file)) || new FileInfo(work.Partial(file)).Length < 500_000)
            await Task.Delay(5, TestContext.Current.CancellationToken);
        var clock = Stopwatch.StartNew();
        Assert.Equal(0, Kill(process.Id, Interrupt));
        await process.WaitForExitAsync(TestContext.Current.CancellationToken).WaitAsync(TimeSpan.FromSeconds(60), TestContext.Current.CancellationToken);
        Assert.InRange(clock.Elapsed, TimeSpan.Zero, TimeSpan.FromSeconds(10));
        Assert.Equal(130, process.ExitCode);
        Assert.Contains("of 1 MB are kept in " + work.Cache + ". The same command goes on from there.", await error);
        Assert.InRange(new FileInfo(work.Partial(file)).Length, 500_000, 600_000);
    }

    [Fact]
    public async Task Progress_Plain_IsALineNowAndThen()
    {
        var text = new StringWriter();
        var progress = new PullProgress(text, live: false);
        await progress.ShowAsync(() =>
        {
            progress.Report(new("a.bin", 1_000_000, 4_000_000, null, null, null));
            progress.Report(new("a.bin", 1_500_000, 4_000_000, 2_000_000, TimeSpan.FromSeconds(83), null));
            progress.Report(new("a.bin", 1_500_000, 4_000_000, 2_000_000, TimeSpan.FromSeconds(83), "waiting for another process"));
            progress.Report(new("a.bin", 4_000_000, 4_000_000, 2_000_000, TimeSpan.FromSeconds(3700), null));
            return Task.FromResult(0);
        });
        Assert.Equal("1 MB of 4 MB  a.bin\nwaiting for another process\n4 MB of 4 MB, 2 MB/s, 1:01:40 left  a.bin\n", text.ToString().ReplaceLineEndings("\n"));
        Assert.Equal("4 MB of 4 MB are", progress.Kept);
    }

    [Fact]
    public async Task Progress_Live_SurvivesBracketsAndUnknownTotals()
    {
        var progress = new PullProgress(new StringWriter(), live: true);
        Assert.Equal("nothing is", progress.Kept);
        Assert.Equal(7, await progress.ShowAsync(() =>
        {
            progress.Report(new("[red]a[/].bin", 10, null, null, null, null));
            progress.Report(new("[x", 10, 20, 5, TimeSpan.FromSeconds(2), null));
            return Task.FromResult(7);
        }));
        Assert.Equal("10 bytes of 20 bytes are", progress.Kept);
    }

    [LibraryImport("libc", EntryPoint = "kill", SetLastError = true)]
    private static partial int Kill(int pid, int signal);

    private static bool IgnoresInterrupts() => File.Exists("/proc/self/status")
        && File.ReadLines("/proc/self/status").First(l => l.StartsWith("SigIgn:", StringComparison.Ordinal)) is var line
        && (Convert.ToUInt64(line["SigIgn:".Length..].Trim(), 16) & 2) != 0;
}
