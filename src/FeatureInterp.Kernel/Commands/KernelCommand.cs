using System.CommandLine;
using System.Runtime.ExceptionServices;
using System.Runtime.InteropServices;
using FeatureInterp.Kernel.Interactive;
using FeatureInterp.Kernel.Jupyter;
using FeatureInterp.Kernel.Notebooks;
using FeatureInterp.Kernel.Runner;

namespace FeatureInterp.Kernel.Commands;

/// <summary><c>featureinterp kernel CONNECTION_FILE</c>: serves a Jupyter front end until it ends the kernel.</summary>
internal static class KernelCommand
{
    // The pool begins with one thread a core and adds two a second; a cell that blocks a few must not silence the kernel.
    private const int PoolThreads = 32;

    // Long enough for a front end to come and ask what this is, which is quicker while the compiler is not being warmed up.
    private static readonly TimeSpan BeforeWarmUp = TimeSpan.FromMilliseconds(100);

    public static Command Create()
    {
        var connection = new Argument<string>("connection-file") { Description = "The file in which the front end says where to listen and what to sign with." };
        var command = new Command("kernel", "Serve a Jupyter front end. Front ends start this themselves, once 'featureinterp install' has been run.") { connection };
        command.SetAction((parsed, _) => RunAsync(parsed.GetRequiredValue(connection)));
        return command;
    }

    internal static async Task<int> RunAsync(string path)
    {
        ThreadPool.GetMinThreads(out _, out var ports);
        ThreadPool.SetMinThreads(PoolThreads, Math.Max(ports, PoolThreads));
        var connection = ConnectionFile.Load(path);
        var folder = Directory.GetCurrentDirectory();
        var log = new KernelLog(Console.Error);
        await using var kernel = new JupyterKernel(connection, new SessionHost(folder), log, OverflowFile.Wanted ? folder : null);
        using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, c => { c.Cancel = true; kernel.Interrupt(); });
        using var terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, c => { c.Cancel = true; kernel.End(ExitCode.Terminated); });
        AppDomain.CurrentDomain.ProcessExit += (_, _) => kernel.Explain("it called Environment.Exit");
        AppDomain.CurrentDomain.UnhandledException += (_, e) => kernel.Explain($"an exception that nothing caught ({e.ExceptionObject.GetType().Name})");
        ExceptionHandling.SetUnhandledExceptionHandler(e => KeepGoing(e, log));

        var running = kernel.RunAsync();
        await Task.WhenAny(running, Task.Delay(BeforeWarmUp)).ConfigureAwait(false);
        if (!running.IsCompleted)
            _ = Task.Run(SessionHost.WarmUpAsync).ContinueWith(t => log.Note($"the compiler could not be warmed up: {t.Exception!.GetBaseException().Message}"), CancellationToken.None, TaskContinuationOptions.OnlyOnFaulted, TaskScheduler.Default);
        return await running.ConfigureAwait(false);
    }

    // An exception on a thread that a cell started ends that thread; its cell is told, and the kernel lives on.
    private static bool KeepGoing(Exception exception, KernelLog log)
    {
        if (KernelContext.Current is { } cell)
            cell.Sink.WriteStream(StandardStream.Error, $"A thread this cell started ended with an exception nothing caught.\n{exception}\n");
        else
            log.Note($"a thread ended with an exception nothing caught: {exception}");
        return true;
    }
}
