using System.Collections.Immutable;
using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using FeatureInterp.Kernel.Notebooks;
using FeatureInterp.Kernel.Runner;
using FeatureInterp.Kernel.Scripting;

namespace FeatureInterp.Kernel.Commands;

/// <summary><c>featureinterp run NOTEBOOK…</c>: runs every cell, prints what comes out, writes the executed twin and a page.</summary>
internal static class RunCommand
{
    public static Command Create()
    {
        var notebooks = new Argument<string[]>("notebook") { Description = "The notebooks to run, .dib or .ipynb files, one after another; - reads one from the standard input.", Arity = ArgumentArity.OneOrMore };
        var set = new Option<string[]>("--set")
        {
            Description = "Give a variable of the parameters cell (tagged 'parameters', or starting with '// parameters') another value: --set name=value. May be repeated.",
            HelpName = "name=value",
            AllowMultipleArgumentsPerToken = false,
        };
        var parameters = new Option<string?>("--parameters") { Description = "A YAML or JSON file of such values, name: value; --set goes before it.", HelpName = "file" };
        var output = new Option<string?>("--out") { Description = "Where the .ipynb and .html go: a folder, or a file ending in .ipynb; beside the notebook by default.", HelpName = "path" };
        var inPlace = new Option<bool>("--in-place") { Description = "Overwrite an .ipynb with its executed self." };
        var timeout = new Option<double?>("--timeout") { Description = "Stop a cell after so many seconds; it counts as failed.", HelpName = "seconds" };
        timeout.Validators.Add(r =>
        {
            if (r.Tokens.Count > 0 && r.GetValueOrDefault<double?>() is not (> 0 and <= 1e6))
                r.AddError($"--timeout {r.Tokens[0].Value}: wanted a number of seconds above 0.");
        });
        var keepGoing = new Option<bool>("--keep-going") { Description = "Run the cells after a failing one too; the exit code still tells." };
        var noHtml = new Option<bool>("--no-html") { Description = "Do not write the .html page." };
        var interactive = PlotlyOptions.Interactive();
        var plotly = PlotlyOptions.Script();
        var command = new Command("run", "Run notebooks: print each cell's result, write the executed .ipynb and one self-contained .html. "
            + "Exit code 0: every cell ran; 1: a cell failed or was stopped by --timeout; 2: nothing was run; 130: Ctrl-C; 143: terminated. What was computed is written in every case.")
        {
            notebooks, set, parameters, output, inPlace, timeout, keepGoing, noHtml, interactive, plotly,
        };
        command.SetAction((parsed, _) =>
        {
            var values = parsed.GetValue(parameters) is { } file ? ParameterFile.Read(file) : ImmutableSortedDictionary.Create<string, string>(StringComparer.Ordinal);
            var options = new RunOptions
            {
                BaseDirectory = "",
                Parameters = values.SetItems(Settings(parsed.GetValue(set) ?? [])),
                Timeout = parsed.GetValue(timeout) is { } seconds ? TimeSpan.FromSeconds(seconds) : null,
                KeepGoing = parsed.GetValue(keepGoing),
            };
            var paths = parsed.GetRequiredValue(notebooks);
            var script = PlotlyOptions.Load(parsed.GetValue(interactive), parsed.GetValue(plotly), paths[0]);
            return RunAsync(RunPlan.Make(paths, parsed.GetValue(output), parsed.GetValue(inPlace), Console.In), options, !parsed.GetValue(noHtml), script);
        });
        return command;
    }

    private static async Task<int> RunAsync(IReadOnlyList<RunPlan> plans, RunOptions options, bool html, PlotlyScript? plotly)
    {
        foreach (var plan in plans)
            Parameters.Check(plan.Notebook, options.Parameters);
        var warmUp = CSharpSession.WarmUpAsync();
        using var interrupts = new Interrupts();
        using var reporter = TerminalReporter.ForTerminal(ConsoleCapture.Outside);
        var worst = ExitCode.Success;
        foreach (var plan in plans)
        {
            if (plans.Count > 1)
                reporter.Note($"== {plan.Source}");
            var code = await RunAsync(plan, options with { BaseDirectory = plan.Folder }, html, plotly, reporter, interrupts).ConfigureAwait(false);
            worst = worst == ExitCode.Success ? code : worst;
            if (interrupts.Token.IsCancellationRequested)
                return code == ExitCode.Success ? interrupts.ExitCode : code;
        }

        _ = warmUp.Exception;
        return worst;
    }

    private static async Task<int> RunAsync(RunPlan plan, RunOptions options, bool html, PlotlyScript? plotly, TerminalReporter reporter, Interrupts interrupts)
    {
        var clock = Stopwatch.StartNew();
        var twin = new TwinWriter(plan);
        twin.CreateFolder();
        // Relative paths in cells start at the notebook, as in every notebook program.
        Directory.SetCurrentDirectory(plan.Folder);
        var result = await NotebookRunner.RunAsync(plan.Notebook, options, [reporter, twin], interrupts.Token).ConfigureAwait(false);
        if (html)
            twin.WriteHtml(result.Notebook, plotly);
        reporter.Note(string.Create(CultureInfo.InvariantCulture,
            $"\n{Ending(result, options)} after {clock.Elapsed.TotalSeconds:F1} s; wrote {plan.IpynbPath}{(html ? $" and {Path.GetFileName(plan.HtmlPath)}" : "")}"));
        return result.Status switch
        {
            RunStatus.Completed => ExitCode.Success,
            RunStatus.Cancelled => interrupts.ExitCode,
            _ => ExitCode.Failed,
        };
    }

    private static ImmutableSortedDictionary<string, string> Settings(string[] settings)
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

    private static string Ending(RunResult result, RunOptions options) => result.Status switch
    {
        RunStatus.Completed => "Every cell ran",
        RunStatus.Failed when options.KeepGoing => string.Create(CultureInfo.InvariantCulture, $"{result.FailedCells} of {result.Notebook.Cells.Count(c => c.IsCode)} code cells failed"),
        RunStatus.Failed => "Stopped at a failing cell",
        _ => "Cancelled",
    };
}
