using System.Diagnostics;
using System.Runtime.InteropServices;
using FeatureInterp.Kernel.Runner;
using FeatureInterp.Tests.Kernel.Notebooks;

namespace FeatureInterp.Tests.Kernel.Commands;

/// <summary>The program as a user starts it: a process of its own, real signals, real files.</summary>
public sealed partial class RunProcessTests : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly string _folder = Directory.CreateTempSubdirectory("featureinterp-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task Run_GoodNotebook_PrintsAndWritesBothTwins()
    {
        Write("a.dib", "#!md\n# Hello\n#!csharp\n// parameters\nvar n = 1;\n#!csharp\nFile.WriteAllText(\"side.txt\", \"x\");\nn * 6");
        var (code, output, error) = await RunAsync("run", Path("a.dib"), "--set", "n=7");
        Assert.Equal((ExitCode.Success, ""), (code, error));
        Assert.Contains("[1/3] Hello\n", output);
        Assert.Contains("\n42\n", output);
        Assert.DoesNotContain('\u001b', output);
        var twin = NbformatRules.AssertValid(File.ReadAllText(Path("a.ipynb")));
        Assert.Equal("42", (string)twin["cells"]![3]!["outputs"]![0]!["data"]!["text/plain"]![0]!);
        Assert.Contains("<title>Hello</title>", File.ReadAllText(Path("a.html")));
        Assert.Equal(["a.dib", "a.html", "a.ipynb", "side.txt"], Directory.GetFiles(_folder).Select(f => System.IO.Path.GetFileName(f)!).Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task Run_OutAndNoHtml_WriteOnlyTheTwinThere()
    {
        Write("a.dib", "#!csharp\n1");
        var (code, _, _) = await RunAsync("run", Path("a.dib"), "--out", Path("made/here"), "--no-html");
        Assert.Equal(ExitCode.Success, code);
        Assert.Equal(["a.ipynb"], Directory.GetFiles(Path("made/here")).Select(f => System.IO.Path.GetFileName(f)!));
        Assert.False(File.Exists(Path("a.ipynb")));
    }

    [Fact]
    public async Task Run_FailingCell_ExitsWithOneAndStillWrites()
    {
        Write("a.dib", "#!csharp\n\"kept\"\n#!csharp\nvar a = 1;\nthrow new Exception(\"boom\");\n#!csharp\n3");
        var (code, output, _) = await RunAsync("run", Path("a.dib"));
        Assert.Equal(ExitCode.Failed, code);
        Assert.Contains("Exception: boom\n  at cell 2, line 2\n    throw new Exception(\"boom\");\n", output);
        var twin = NbformatRules.AssertValid(File.ReadAllText(Path("a.ipynb")));
        Assert.Equal("error", (string)twin["cells"]![1]!["outputs"]![0]!["output_type"]!);
        Assert.Empty(twin["cells"]![2]!["outputs"]!.AsArray());
        Assert.Contains("boom", File.ReadAllText(Path("a.html")));
    }

    [Theory]
    [InlineData("missing.dib", "There is no file")]
    [InlineData(".", "is a folder")]
    [InlineData("a.txt", "wanted '.dib'")]
    [InlineData("empty.dib", "no cells")]
    [InlineData("meta.dib", "#!meta")]
    public async Task Run_NotANotebook_IsOneSentenceAndExitTwo(string name, string what)
    {
        Write("a.txt", "x");
        Write("empty.dib", "\r\n\r\n");
        Write("meta.dib", "#!meta\r\n{oops\r\n");
        var (code, output, error) = await RunAsync("run", Path(name));
        Assert.Equal(ExitCode.Usage, code);
        Assert.Empty(output);
        Assert.Contains(what, error);
        Assert.Single(error.TrimEnd('\n').Split('\n'));
        Assert.Equal(3, Directory.GetFiles(_folder).Length);
    }

    [Theory]
    [InlineData("run")]
    [InlineData("run", "a.dib", "--nonsense")]
    [InlineData("nonsense")]
    [InlineData("run", "a.dib", "--set", "novalue")]
    [InlineData("run", "a.dib", "--set", "=1")]
    [InlineData("run", "a.dib", "--set", "unknown=1")]
    public async Task BadCommandLine_ExitsWithTwo(params string[] arguments)
    {
        Write("a.dib", "#!csharp\n// parameters\nvar n = 1;");
        var (code, _, error) = await RunAsync(arguments);
        Assert.Equal(ExitCode.Usage, code);
        Assert.NotEmpty(error);
        Assert.DoesNotContain("   at ", error);
        Assert.False(File.Exists(Path("a.ipynb")));
    }

    [Fact]
    public async Task HelpAndVersion_AreThere()
    {
        var (code, output, _) = await RunAsync("run", "--help");
        Assert.Equal(ExitCode.Success, code);
        Assert.Contains("--set", output);
        Assert.Matches("^0\\.1\\.0", (await RunAsync("--version")).Output);
    }

    [Theory]
    [InlineData("while (true) { }")]
    [InlineData("Thread.Sleep(60000);")]
    [InlineData("int R(int n) => n < 2 ? n : R(n - 1) + R(n - 2); R(60)")]
    public async Task Interrupt_KeepsWhatWasComputedAndExits130(string code)
    {
        Assert.SkipWhen(IgnoresInterrupts(), "started with SIGINT ignored (as shells start background jobs), and so would be the program under test");
        Assert.SkipWhen(OperatingSystem.IsWindows(), "signals are sent with kill(2)");
        Write("a.dib", $"#!csharp\n\"kept\"\n#!csharp\nConsole.Write(\"started\");\n{code}\n#!csharp\n3");
        using var process = Start("run", Path("a.dib"));
        await SeenAsync(process, "started");
        var clock = Stopwatch.StartNew();
        Assert.Equal(0, Kill(process.Id, Interrupt));
        await process.WaitForExitAsync(TestContext.Current.CancellationToken).WaitAsync(Patience);
        Assert.Equal(ExitCode.Cancelled, process.ExitCode);
        // Within a second on a quiet machine; the loops themselves would take a minute or never end.
        Assert.InRange(clock.Elapsed, TimeSpan.Zero, TimeSpan.FromSeconds(10));
        var twin = NbformatRules.AssertValid(File.ReadAllText(Path("a.ipynb")));
        Assert.Equal("kept", (string)twin["cells"]![0]!["outputs"]![0]!["data"]!["text/plain"]![0]!);
        Assert.Equal("Cancelled", (string)twin["cells"]![1]!["outputs"]![1]!["ename"]!);
        Assert.Contains("kept", File.ReadAllText(Path("a.html")));
    }

    [Fact]
    public async Task Terminate_StopsTheSameWay()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "signals are sent with kill(2)");
        Write("a.dib", "#!csharp\nConsole.Write(\"started\");\nawait Task.Delay(-1, KernelContext.CancellationToken);");
        using var process = Start("run", Path("a.dib"));
        await SeenAsync(process, "started");
        Assert.Equal(0, Kill(process.Id, Termination));
        await process.WaitForExitAsync(TestContext.Current.CancellationToken).WaitAsync(Patience);
        Assert.Equal(ExitCode.Terminated, process.ExitCode);
        NbformatRules.AssertValid(File.ReadAllText(Path("a.ipynb")));
    }

    [Fact]
    public async Task KilledInTheMiddle_LeavesAValidNotebookOfWhatRan()
    {
        Write("a.dib", "#!csharp\n\"kept\"\n#!csharp\nConsole.Write(\"started\");\nThread.Sleep(60000);");
        using var process = Start("run", Path("a.dib"));
        await SeenAsync(process, "started");
        process.Kill();
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);
        var twin = NbformatRules.AssertValid(File.ReadAllText(Path("a.ipynb")));
        Assert.Equal("kept", (string)twin["cells"]![0]!["outputs"]![0]!["data"]!["text/plain"]![0]!);
        Assert.Equal(["a.dib", "a.ipynb"], Directory.GetFiles(_folder).Select(f => System.IO.Path.GetFileName(f)!).Order(StringComparer.Ordinal));
    }

    private const int Interrupt = 2;
    private const int Termination = 15;

    [LibraryImport("libc", EntryPoint = "kill", SetLastError = true)]
    private static partial int Kill(int pid, int signal);

    // Bit 1 of the mask is SIGINT; a program keeps what it was started with.
    internal static bool IgnoresInterrupts() => File.Exists("/proc/self/status")
        && File.ReadLines("/proc/self/status").First(l => l.StartsWith("SigIgn:", StringComparison.Ordinal)) is var line
        && (Convert.ToUInt64(line["SigIgn:".Length..].Trim(), 16) & 2) != 0;

    private string Path(string name) => System.IO.Path.Combine(_folder, name);

    private void Write(string name, string text) => File.WriteAllText(Path(name), text);

    private Process Start(params string[] arguments)
    {
        var start = new ProcessStartInfo("dotnet", [System.IO.Path.Combine(AppContext.BaseDirectory, "featureinterp.dll"), .. arguments])
        {
            UseShellExecute = false,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = _folder,
        };
        return Process.Start(start)!;
    }

    private async Task<(int Code, string Output, string Error)> RunAsync(params string[] arguments)
    {
        using var process = Start(arguments);
        var output = process.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        var error = process.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        await process.WaitForExitAsync(TestContext.Current.CancellationToken).WaitAsync(Patience);
        return (process.ExitCode, await output, await error);
    }

    private static async Task SeenAsync(Process process, string text)
    {
        var seen = "";
        var buffer = new char[1000];
        using var limit = new CancellationTokenSource(Patience);
        while (!seen.Contains("\n" + text, StringComparison.Ordinal))
        {
            var read = await process.StandardOutput.ReadAsync(buffer, limit.Token);
            Assert.True(read > 0, "ended before it printed: " + seen);
            seen += new string(buffer, 0, read);
        }
    }
}
