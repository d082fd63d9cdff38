using System.CommandLine;
using FeatureInterp.Kernel.Analyses;
using FeatureInterp.Kernel.Runner;
using FeatureInterp.Tensors;

namespace FeatureInterp.Kernel.Commands;

/// <summary><c>featureinterp analyze NAME --request FILE.yaml --out DIR</c>: an analysis from a file, its result as JSON, SVG and text.</summary>
internal static class AnalyzeCommand
{
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(5);

    public static Command Create()
    {
        var name = new Argument<string?>("name") { Description = "The analysis; --list names them.", Arity = ArgumentArity.ZeroOrOne };
        var request = new Option<string?>("--request") { Description = "What to analyse: a YAML file as --example prints one.", HelpName = "FILE.yaml" };
        var output = new Option<string?>("--out") { Description = "The folder for result.json, result.svg and each figure as SVG and plotly JSON.", HelpName = "DIR" };
        var list = new Option<bool>("--list") { Description = "Name the analyses." };
        var example = new Option<bool>("--example") { Description = "Print a commented request that runs on the model and SAE that come with the project." };
        var command = new Command("analyze", "Run an analysis that a file describes; write its result as JSON and SVG, print it as text.") { name, request, output, list, example };
        command.Validators.Add(result =>
        {
            if (result.GetValue(list))
                return;
            if (result.GetValue(name) is not { } asked)
                result.AddError("Name an analysis; featureinterp analyze --list says which there are.");
            else if (AnalysisRegistry.All.All(k => k.Name != asked))
                result.AddError($"There is no analysis '{asked}'; did you mean '{NearestName.Of(asked, AnalysisRegistry.All.Select(k => k.Name))}'?");
            else if (!result.GetValue(example) && (result.GetValue(request) is null || result.GetValue(output) is null))
                result.AddError($"Give --request FILE.yaml and --out DIR; featureinterp analyze {asked} --example prints a request to begin with.");
        });
        command.SetAction((parsed, _) =>
        {
            var (written, error) = (parsed.InvocationConfiguration.Output, parsed.InvocationConfiguration.Error);
            if (parsed.GetValue(list))
            {
                var widest = AnalysisRegistry.All.Max(k => k.Name.Length);
                foreach (var each in AnalysisRegistry.All)
                    written.WriteLine($"{each.Name.PadRight(widest)}  {each.Summary}");
                return Task.FromResult(ExitCode.Success);
            }

            var kind = AnalysisRegistry.All.First(k => k.Name == parsed.GetValue(name));
            if (parsed.GetValue(example))
            {
                written.WriteLine($"# featureinterp analyze {kind.Name} --request THIS.yaml --out DIR\n# {kind.Summary}\n{kind.Example}");
                return Task.FromResult(ExitCode.Success);
            }

            using var interrupts = new Interrupts();
            return Task.FromResult(Run(kind, parsed.GetValue(request)!, parsed.GetValue(output)!, written, error, interrupts));
        });
        return command;
    }

    private static int Run(AnalysisKind kind, string request, string folder, TextWriter output, TextWriter error, Interrupts interrupts)
    {
        var work = AnalysisRunner.Read(kind, request, RequestYaml.Read(request));
        Directory.CreateDirectory(folder);
        var run = new AnalysisRun(folder, error, Pause, interrupts.Token);
        try
        {
            var outcome = work(run);
            var files = AnalysisRunner.Write(outcome, folder);
            output.WriteLine(outcome.Display.ToText());
            error.WriteLine($"{(outcome.IsComplete ? "Wrote" : "Stopped; wrote what there was:")} {string.Join(", ", files)} in {folder}.");
            if (outcome.IsComplete)
                return ExitCode.Success;
            error.WriteLine(Later(run));
            return interrupts.ExitCode;
        }
        catch (OperationCanceledException) when (interrupts.Token.IsCancellationRequested)
        {
            error.WriteLine($"Stopped before there was a result. {Later(run)}");
            return interrupts.ExitCode;
        }
    }

    private static string Later(AnalysisRun run) => run.State is { } state && File.Exists(state)
        ? $"What was done is in {state}; the same command goes on from there."
        : "The same command begins anew.";
}
