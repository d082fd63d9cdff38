using System.Collections.Immutable;
using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using FeatureInterp.Kernel.Notebooks;
using FeatureInterp.Kernel.Runner;
using FeatureInterp.Kernel.Scripting;

namespace FeatureInterp.Kernel.Commands;

/// <summary><c>featureinterp run NOTEBOOK</c>: runs every cell, prints what comes out, writes the executed twin and a page.</summary>
internal static class RunCommand
{
    public static Command Create()
    {
        var notebook = new Argument<string>("notebook") { Description = "The notebook to run, a .dib file." };
        var set = new Option<string[]>("--set")
        {
            Description = "Give a variable of the cell that starts with '// parameters' another value: --set name=value. May be repeated.",
            HelpName = "name=value",
            AllowMultipleArgumentsPerToken = false,
        };
        var output = new Option<string?>("--out") { Description = "The folder for the .ipynb and .html; beside the notebook by default.", HelpName = "folder" };
        var noHtml = new Option<bool>("--no-html") { Description = "Do not write the .html page." };
        var command = new Command("run", "Run a notebook: print each cell's result, write the executed .ipynb and one self-contained .html.")
        {
            notebook, set, output, noHtml,
        };
        command.SetAction((parsed, _) =>
            RunAsync(parsed.GetRequiredValue(notebook), parsed.GetValue(set) ?? [], parsed.GetValue(output), !parsed.GetValue(noHtml)));
        return command;
    }

    private static async Task<int> RunAsync(string path, string[] settings, string? outputFolder, bool html)
    {
        var clock = Stopwatch.StartNew();
        var warmUp = CSharpSession.WarmUpAsync();
        using var interrupts = new Interrupts();
        var notebook = NotebookFile.Load(path);
        var parameters = ParseSettings(settings);
        var twin = new TwinWriter(path, outputFolder);
        twin.CreateFolder();
        var folder = Path.GetDirectoryName(Path.GetFullPath(path))!;
        using var reporter = TerminalReporter.ForTerminal(ConsoleCapture.Outside);

        // Relative paths in cells start at the notebook, as in every notebook program.
        Directory.SetCurrentDirectory(folder);
        var result = await NotebookRunner.RunAsync(
            notebook, new RunOptions { BaseDirectory = folder, Parameters = parameters }, [reporter, twin], interrupts.Token).ConfigureAwait(false);
        if (html)
            twin.WriteHtml(result.Notebook);
        reporter.Note(string.Create(CultureInfo.InvariantCulture, $"\n{Ending(result.Status)} after {clock.Elapsed.TotalSeconds:F1} s; wrote {twin.IpynbPath}{(html ? $" and {Path.GetFileName(twin.HtmlPath)}" : "")}"));
        _ = warmUp.Exception;
        return result.Status switch
        {
            RunStatus.Completed => ExitCode.Success,
            RunStatus.Cancelled => interrupts.ExitCode,
            _ => ExitCode.Failed,
        };
    }

    private static ImmutableSortedDictionary<string, string> ParseSettings(string[] settings)
    {
        var values = ImmutableSortedDictionary.CreateBuilder<string, string>(StringComparer.Ordinal);
        foreach (var setting in settings)
        {
            var equals = setting.IndexOf('=', StringComparison.Ordinal);
            if (equals <= 0)
                throw new NotebookException($"--set {setting}: wanted name=value, for example --set seed=7.");
            values[setting[..equals].Trim()] = setting[(equals + 1)..];
        }

        return values.ToImmutable();
    }

    private static string Ending(RunStatus status) => status switch
    {
        RunStatus.Completed => "Every cell ran",
        RunStatus.Failed => "Stopped at a failing cell",
        _ => "Cancelled",
    };
}
