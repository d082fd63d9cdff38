using System.Diagnostics;
using System.Runtime.InteropServices;
using System.Text.Json.Nodes;
using FeatureInterp.Kernel.Jupyter;
using FeatureInterp.Kernel.Runner;
using FeatureInterp.Tests.Kernel.Commands;
using FeatureInterp.Tests.Tokenizers;

namespace FeatureInterp.Tests.Kernel.Jupyter;

/// <summary>The kernel as a front end starts it: a process of its own that can die.</summary>
public sealed partial class KernelProcessTests : IDisposable
{
    private const int Interrupt = 2;
    private const int Terminate = 15;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly TemporaryFolder _folder = new();
    private readonly List<Process> _processes = [];

    public void Dispose()
    {
        foreach (var process in _processes)
        {
            if (!process.HasExited)
                process.Kill();
            process.Dispose();
        }

        _folder.Dispose();
    }

    [Theory]
    [InlineData("Console.Write(\"last words\"); Environment.Exit(3);", "it called Environment.Exit")]
    [InlineData("class Deep { public int Deeper => Deeper + 1; } new Deep().Deeper", "stack overflow")]
    public async Task CellThatEndsTheProcess_IsToldByTheNextKernel(string code, string why)
    {
        var (kernel, file) = Start();
        using (var talk = await KernelConversation.ConnectAsync(file))
        {
            await talk.ExecuteAsync("var before = 1;");
            await talk.Shell.SendAsync(talk.Messages.Execute("// the deadly one\n" + code));
            if (code.Contains("last words"))
                Assert.Equal("last words", (await talk.PublishedAsync("stream")).Text);
            await kernel.WaitForExitAsync().WaitAsync(Patience);
            Assert.NotEqual(0, kernel.ExitCode);
        }

        (_, file) = Start(file);
        using var next = await KernelConversation.ConnectAsync(file);
        var (info, _) = await next.AskAsync(next.Shell, next.Messages.Request("kernel_info_request"));
        Assert.Contains("cell 2 (// the deadly one)", (string)info.Content["banner"]!);
        Assert.Contains(why, (string)info.Content["banner"]!);
        var (_, published) = await next.ExecuteAsync("1");
        Assert.Contains(why, published.First(p => p.Type == "stream").Text);
        (_, published) = await next.ExecuteAsync("1");
        Assert.DoesNotContain(published, p => p.Type == "stream");
    }

    [Fact]
    public async Task ThreadThatThrows_DoesNotEndTheKernel()
    {
        var (kernel, file) = Start();
        using var talk = await KernelConversation.ConnectAsync(file);
        await talk.Shell.SendAsync(talk.Messages.Execute("new Thread(() => throw new Exception(\"on its own\")).Start(); Thread.Sleep(500);"));
        Assert.Contains("on its own", (await talk.PublishedAsync("stream")).Text);
        Assert.Equal("ok", (string)(await talk.ExecuteAsync("1")).Reply.Content["status"]!);
        Assert.False(kernel.HasExited);
    }

    [Fact]
    public async Task Signals_InterruptAndEnd()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "signals are sent with kill(2)");
        Assert.SkipWhen(RunProcessTests.IgnoresInterrupts(), "started with SIGINT ignored (as shells start background jobs), and so would be the program under test");
        var (kernel, file) = Start();
        using var talk = await KernelConversation.ConnectAsync(file);
        var frames = talk.Messages.Execute("Console.Write(\"on my way\");\nwhile (true) { }");
        await talk.Shell.SendAsync(frames);
        await talk.PublishedAsync("stream");
        Assert.Equal(0, Kill(kernel.Id, Interrupt));
        Assert.Equal("Cancelled", (string)(await talk.ReplyAsync(talk.Shell, (string)JsonNode.Parse(frames[2])!["msg_id"]!)).Content["ename"]!);
        Assert.Equal(0, Kill(kernel.Id, Terminate));
        await kernel.WaitForExitAsync().WaitAsync(Patience);
        Assert.Equal(ExitCode.Terminated, kernel.ExitCode);
        Assert.Equal(["kernel.json"], Directory.GetFiles(_folder.Path).Select(f => Path.GetFileName(f)!));
    }

    [Fact]
    public async Task FrontEndThatIsGone_TakesItsKernelAlong()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "front ends give a handle there, which says nothing to a kernel");
        using var frontEnd = Process.Start("sleep", "600");
        var (kernel, file) = Start(parent: frontEnd.Id);
        using var talk = await KernelConversation.ConnectAsync(file);
        Assert.False(kernel.HasExited);
        frontEnd.Kill();
        await kernel.WaitForExitAsync().WaitAsync(Patience);
        Assert.Equal(ExitCode.Success, kernel.ExitCode);
    }

    [Fact]
    public async Task PortTaken_IsOneSentenceAndAnExitCode()
    {
        var (_, file) = Start();
        using var talk = await KernelConversation.ConnectAsync(file);
        var (code, output, error) = await Cli.RunAsync("kernel", file.Path);
        Assert.Equal((ExitCode.Usage, ""), (code, output));
        Assert.Contains("the shell channel cannot be opened", error);
        Assert.Contains("in use by another program", error);
        Assert.Single(error.TrimEnd('\n').Split('\n'));
    }

    [Theory]
    [InlineData("missing.json", "could not be read")]
    [InlineData("broken.json", "is not JSON")]
    public async Task ConnectionFileThatIsNone_IsOneSentenceAndAnExitCode(string name, string what)
    {
        _folder.Write("broken.json", "{\"shell_port\":");
        var (code, output, error) = await Cli.RunAsync("kernel", _folder.PathOf(name));
        Assert.Equal((ExitCode.Usage, ""), (code, output));
        Assert.Contains(what, error);
        Assert.Single(error.TrimEnd('\n').Split('\n'));
    }

    [LibraryImport("libc", EntryPoint = "kill", SetLastError = true)]
    private static partial int Kill(int pid, int signal);

    private (Process Kernel, ConnectionFile File) Start(ConnectionFile? again = null, int? parent = null)
    {
        var file = again ?? ConnectionFile.Load(_folder.Write("kernel.json", KernelConversation.ConnectionJson("a key")));
        var start = new ProcessStartInfo("dotnet", [Path.Combine(AppContext.BaseDirectory, "featureinterp.dll"), "kernel", file.Path])
        {
            UseShellExecute = false,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = _folder.Path,
        };
        start.Environment["JPY_PARENT_PID"] = parent?.ToString() ?? "";
        var process = Process.Start(start)!;
        // Read and thrown away, so that what the runtime says of a stack overflow does not fill the pipe.
        _ = process.StandardOutput.ReadToEndAsync();
        _ = process.StandardError.ReadToEndAsync();
        _processes.Add(process);
        return (process, file);
    }
}
