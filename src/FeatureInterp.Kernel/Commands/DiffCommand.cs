using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;
using FeatureInterp.Kernel.Notebooks;
using FeatureInterp.Kernel.Runner;

namespace FeatureInterp.Kernel.Commands;

/// <summary><c>featureinterp diff A B</c>: compares the stored outputs of two notebooks. Exits with 0 (the same), 1 (different) or 2 (cannot be read).</summary>
internal static class DiffCommand
{
    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web)
    {
        WriteIndented = true,
        Encoder = NotebookJson.Compact.Encoder,
        NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals,
        Converters = { new JsonStringEnumConverter(JsonNamingPolicy.CamelCase) },
    };

    public static Command Create()
    {
        var a = new Argument<string>("A") { Description = "The first notebook, an .ipynb." };
        var b = new Argument<string>("B") { Description = "The second." };
        var standard = new DiffTolerance();
        var relative = new Option<double>("--tolerance")
        {
            Description = "How far a number may be off, as a part of it; one unit of its last printed place is allowed besides. Numbers printed without a point must be equal.",
            HelpName = "part",
            DefaultValueFactory = _ => standard.Relative,
        };
        var absolute = new Option<double>("--absolute") { Description = "How far any number with a point may be off besides.", HelpName = "amount", DefaultValueFactory = _ => standard.Absolute };
        var pixels = new Option<double>("--pixels") { Description = "How far a point of a figure may move.", HelpName = "px", DefaultValueFactory = _ => standard.Pixels };
        var json = new Option<bool>("--json") { Description = "Print the differences as JSON." };
        foreach (var option in (Option<double>[])[relative, absolute, pixels])
        {
            option.Validators.Add(r =>
            {
                if (r.Tokens.Count > 0 && r.GetValueOrDefault<double>() is not (>= 0 and < double.PositiveInfinity))
                    r.AddError($"{option.Name} {r.Tokens[0].Value}: wanted a number from 0 up.");
            });
        }

        var command = new Command("diff", "Compare the outputs of two notebooks: text must be equal, numbers within a tolerance. Exit code 0: the same; 1: different; 2: one cannot be read.")
        {
            a, b, relative, absolute, pixels, json,
        };
        command.SetAction(parsed =>
        {
            var tolerance = standard with { Relative = parsed.GetValue(relative), Absolute = parsed.GetValue(absolute), Pixels = parsed.GetValue(pixels) };
            var (pathA, pathB) = (parsed.GetRequiredValue(a), parsed.GetRequiredValue(b));
            var result = NotebookDiff.Compare(Load(pathA), Load(pathB), tolerance);
            Console.Out.Write(parsed.GetValue(json) ? JsonSerializer.Serialize(result, Json) + "\n" : DiffReport.Write(result, pathA, pathB));
            return result.Same ? ExitCode.Success : ExitCode.Failed;
        });
        return command;
    }

    private static Notebook Load(string path)
    {
        var notebook = NotebookFile.Load(path);
        return notebook.NbformatMinor is null
            ? throw new NotebookException(string.Create(CultureInfo.InvariantCulture, $"{path} stores no outputs, so there is nothing to compare; run it first (featureinterp run {path}) and name the .ipynb."))
            : notebook;
    }
}
