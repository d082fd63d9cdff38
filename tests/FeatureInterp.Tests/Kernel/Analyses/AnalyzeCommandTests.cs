using System.Diagnostics;
using FeatureInterp.Kernel.Analyses;
using FeatureInterp.Kernel.Runner;
using FeatureInterp.Tests.Kernel.Commands;
using FeatureInterp.Tests.Tokenizers;

namespace FeatureInterp.Tests.Kernel.Analyses;

/// <summary><c>featureinterp analyze</c>, as a user runs it.</summary>
public sealed class AnalyzeCommandTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Example_PipedBack_Runs()
    {
        var (code, example, _) = await Cli.RunAsync("analyze", "residual-stream", "--example");
        Assert.Equal(ExitCode.Success, code);
        Assert.StartsWith("# featureinterp analyze residual-stream --request", example, StringComparison.Ordinal);
        (code, var output, var error) = await Cli.RunAsync("analyze", "residual-stream", "--request", _folder.Write("r.yaml", example), "--out", _folder.PathOf("made/here"));
        Assert.True(code == ExitCode.Success, error);
        Assert.Contains("part in the logit of ' he' minus ' she'", output, StringComparison.Ordinal);
        Assert.Contains("Wrote result.json, result.svg, figure-01.svg", error, StringComparison.Ordinal);
        Assert.True(File.Exists(_folder.PathOf("made/here/result.json")));
    }

    [Fact]
    public async Task List_NamesThemAll()
    {
        var (code, output, _) = await Cli.RunAsync("analyze", "--list");
        Assert.Equal(ExitCode.Success, code);
        Assert.Equal(AnalysisRegistry.All.Select(k => k.Name), output.TrimEnd('\n').Split('\n').Select(l => l.Split(' ')[0]));
    }

    [Theory]
    [InlineData("Name an analysis")]
    [InlineData("did you mean 'patching'?", "patchin")]
    [InlineData("Give --request FILE.yaml and --out DIR", "patching")]
    [InlineData("Give --request FILE.yaml and --out DIR", "patching", "--request", "a.yaml")]
    [InlineData("the request is not there", "patching", "--request", "none.yaml", "--out", "none")]
    public async Task CommandLine_ThatIsWrong_ExitsWithTwo(string said, params string[] arguments)
    {
        var (code, output, error) = await Cli.RunAsync(["analyze", .. arguments]);
        Assert.Equal((ExitCode.Usage, ""), (code, output));
        Assert.Contains(said, error, StringComparison.Ordinal);
        Assert.False(Directory.Exists(Path.Combine(Repository.Root, "none")));
    }

    [Fact]
    public async Task Interrupted_WritesWhatThereIs_AndExitsWith130()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "signals are sent with kill");
        Assert.SkipWhen(RunProcessTests.IgnoresInterrupts(), "started with SIGINT ignored (as shells start background jobs), and so would be the program under test");
        var request = _folder.Write("r.yaml", "model: talegrid-6m\nsae: talegrid-6m-res-l3\nprompts: [Once upon a time, The old fox, The king]\nfeatures: [754, 1478]\nstrengths: [-1, 1]\nunit: decoder-norm\nstop_at_eos: false\nnew_tokens: 900\ntexts_at_once: 1\n");
        var start = new ProcessStartInfo("dotnet") { UseShellExecute = false, RedirectStandardOutput = true, RedirectStandardError = true, WorkingDirectory = Repository.Root };
        foreach (var argument in (string[])[Path.Combine(AppContext.BaseDirectory, "featureinterp.dll"), "analyze", "steering", "--request", request, "--out", _folder.PathOf("out")])
            start.ArgumentList.Add(argument);
        using var process = Process.Start(start)!;
        var output = process.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        string? line;
        do
            line = await process.StandardError.ReadLineAsync(TestContext.Current.CancellationToken).AsTask().WaitAsync(TimeSpan.FromMinutes(1), TestContext.Current.CancellationToken);
        while (line?.EndsWith("s left", StringComparison.Ordinal) is false);
        Assert.NotNull(line);
        using (var kill = Process.Start("kill", ["-INT", process.Id.ToString(System.Globalization.CultureInfo.InvariantCulture)]))
            await kill.WaitForExitAsync(TestContext.Current.CancellationToken);
        var error = await process.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        await process.WaitForExitAsync(TestContext.Current.CancellationToken).WaitAsync(TimeSpan.FromMinutes(1), TestContext.Current.CancellationToken);
        Assert.Equal(ExitCode.Cancelled, process.ExitCode);
        Assert.Contains("Stopped; wrote what there was: result.json", error, StringComparison.Ordinal);
        Assert.Contains("cancelled before everything was done", (await output).ReplaceLineEndings(" "), StringComparison.Ordinal);
        Assert.Contains("\"is_complete\": false", await File.ReadAllTextAsync(_folder.PathOf("out/result.json"), TestContext.Current.CancellationToken), StringComparison.Ordinal);
    }
}
