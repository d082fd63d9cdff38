using System.CommandLine;
using FeatureInterp.Kernel.Analyses;
using FeatureInterp.Kernel.Jupyter;
using FeatureInterp.Kernel.Notebooks;
using FeatureInterp.Kernel.Runner;

namespace FeatureInterp.Kernel.Commands;

/// <summary>Runs the command line and turns what goes wrong into a sentence and an exit code.</summary>
internal static class CommandLine
{
    /// <summary>Parses and runs; returns the process's exit code.</summary>
    public static async Task<int> RunAsync(string[] args)
    {
        var parsed = FeatureInterpCommand.Create().Parse(args);
        if (parsed.Errors.Count > 0)
        {
            foreach (var error in parsed.Errors)
                await Console.Error.WriteLineAsync(error.Message).ConfigureAwait(false);
            await Console.Error.WriteLineAsync($"Try: featureinterp {(parsed.CommandResult.Command is RootCommand ? "" : parsed.CommandResult.Command.Name + " ")}--help").ConfigureAwait(false);
            return ExitCode.Usage;
        }

        try
        {
            // The verbs take their own care of signals: a run has notebooks to write before it ends.
            return await parsed.InvokeAsync(new InvocationConfiguration { EnableDefaultExceptionHandler = false, ProcessTerminationTimeout = null }).ConfigureAwait(false);
        }
        catch (Exception e) when (IsOurs(e))
        {
            await Console.Error.WriteLineAsync(Environment.GetEnvironmentVariable("FEATUREINTERP_DEBUG") is "1" ? e.ToString() : e.Message).ConfigureAwait(false);
            return e is NotebookException or RequestException or ConnectionFileException or KernelSpecException ? ExitCode.Usage : ExitCode.Failed;
        }
        catch (OperationCanceledException)
        {
            return ExitCode.Cancelled;
        }
    }

    // The libraries' exceptions say in one sentence what to do; a stack trace would only bury it. Anything else is a defect and keeps its trace.
    private static bool IsOurs(Exception e) =>
        e is IOException or UnauthorizedAccessException
        || e.GetType().Assembly.GetName().Name is { } name && name.StartsWith("featureinterp", StringComparison.OrdinalIgnoreCase);
}
