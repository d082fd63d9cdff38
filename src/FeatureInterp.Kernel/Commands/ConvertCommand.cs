using System.CommandLine;
using FeatureInterp.Kernel.Notebooks;
using FeatureInterp.Kernel.Runner;

namespace FeatureInterp.Kernel.Commands;

/// <summary><c>featureinterp convert A B</c>: writes a notebook in another format; what that cannot hold is said on the error stream.</summary>
internal static class ConvertCommand
{
    public static Command Create()
    {
        var source = new Argument<string>("A") { Description = "The notebook: .dib, .ipynb, .cs or .md." };
        var target = new Argument<string?>("B") { Description = "The file to write; its extension says the format. - is the standard output; left out, the file goes beside A.", Arity = ArgumentArity.ZeroOrOne };
        var to = new Option<string?>("--to") { Description = $"The format: {string.Join(", ", NotebookFormat.Writable.Select(f => f[1..]))}.", HelpName = "format" };
        var force = new Option<bool>("--force") { Description = "Overwrite a file that is there." };
        var interactive = PlotlyOptions.Interactive();
        var plotly = PlotlyOptions.Script();
        var command = new Command("convert", "Convert a notebook among .dib, .ipynb, .cs, .md and (one way) .html. Exit code 0: written; 2: it could not be.")
        {
            source, target, to, force, interactive, plotly,
        };
        command.SetAction(parsed => Run(parsed.GetRequiredValue(source), parsed.GetValue(target), parsed.GetValue(to), parsed.GetValue(force),
            PlotlyOptions.Load(parsed.GetValue(interactive), parsed.GetValue(plotly), parsed.GetRequiredValue(source))));
        return command;
    }

    private static int Run(string source, string? target, string? to, bool force, PlotlyScript? plotly)
    {
        if (to is null && target is null or RunPlan.StandardInput)
            throw new NotebookException("Say which format is wanted: convert A B.md, or convert A --to md.");
        var format = to is null ? NotebookFormat.Of(target!) : "." + to.TrimStart('.').ToLowerInvariant();
        var notebook = NotebookFormat.Load(source);
        var losses = new ConversionLosses();
        var text = NotebookFormat.Write(notebook, format, Path.GetFileName(source), Path.GetDirectoryName(Path.GetFullPath(source))!, losses, plotly);
        if (target is RunPlan.StandardInput)
        {
            Console.Out.Write(text);
        }
        else
        {
            var path = target ?? Path.ChangeExtension(source, format);
            if (Directory.Exists(path))
                throw new NotebookException($"{path} is a folder; name the file to write.");
            if (string.Equals(Path.GetFullPath(path), Path.GetFullPath(source), StringComparison.Ordinal))
                throw new NotebookException($"{path} would be converted into itself; name another file.");
            if (File.Exists(path) && !force)
                throw new NotebookException($"{path} is there already; say --force to overwrite it.");
            AtomicFile.Write(path, text);
        }

        foreach (var sentence in losses.Sentences(format))
            Console.Error.WriteLine(sentence);
        return ExitCode.Success;
    }
}
