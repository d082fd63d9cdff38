using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using FeatureInterp.Analysis;
using FeatureInterp.Kernel.Notebooks;
using FeatureInterp.Kernel.Runner;
using FeatureInterp.Models;
using FeatureInterp.Saes;

namespace FeatureInterp.Kernel.Commands;

/// <summary><c>featureinterp sae eval</c>: how well an SAE stands in for what it encodes, on a text or on token ids.</summary>
internal static class SaeEvalCommand
{
    private const string StateName = "evaluation.state.json";

    public static Command Create()
    {
        var model = new Option<string>("--model") { Description = "A folder, a .gguf file, a name under data/models, or org/name in the Hugging Face cache.", HelpName = "MODEL", Required = true };
        var sae = new Option<string>("--sae") { Description = "The SAE: its folder or file, or a name under data/saes.", HelpName = "SAE", Required = true };
        var text = new Option<string?>("--text") { Description = "A text file in UTF-8, cut into rows of --context tokens.", HelpName = "FILE" };
        var tokens = new Option<string?>("--tokens") { Description = "A JSON file with a list of token ids a row: [[2,15,7],[2,9,4]].", HelpName = "FILE.json" };
        var context = new Option<int?>("--context") { Description = "Tokens of a row cut from --text; the SAE's training context by default.", HelpName = "N" };
        var rows = new Option<int?>("--rows") { Description = "No more than so many rows.", HelpName = "N" };
        var batch = new Option<int>("--batch") { Description = "Rows of a batch.", HelpName = "N", DefaultValueFactory = _ => new SaeEvaluationOptions().BatchRows };
        var excludeSpecial = new Option<bool>("--exclude-special") { Description = "Leave out special tokens: they keep the model's own activation and count in no mean." };
        var output = new Option<string?>("--out") { Description = "A folder for evaluation.json, the density histogram (SVG, plotly JSON) and, while it runs, the state to resume from.", HelpName = "DIR" };
        var resume = new Option<bool>("--resume") { Description = "Go on from the state an interrupted run left in --out." };
        var json = new Option<bool>("--json") { Description = "Print JSON, with SAELens's names for the metrics." };
        var command = new Command("eval", "Measure an SAE as SAELens's evals do: loss and KL scores, explained variance, sparsity, densities.");
        foreach (var option in (Option[])[model, sae, text, tokens, context, rows, batch, excludeSpecial, output, resume, json])
            command.Options.Add(option);
        command.Validators.Add(result =>
        {
            if (new Option[] { text, tokens }.Count(o => result.GetResult(o) is not null) != 1)
                result.AddError("Give what to evaluate on as one of --text FILE and --tokens FILE.json.");
            if (result.GetResult(resume) is not null && result.GetResult(output) is null)
                result.AddError("--resume needs --out DIR, the folder of the interrupted run.");
        });
        command.SetAction((parsed, _) =>
        {
            using var interrupts = new Interrupts();
            var folder = parsed.GetValue(output);
            var options = new SaeEvaluationOptions
            {
                BatchRows = parsed.GetValue(batch),
                ContextLength = parsed.GetValue(context),
                MaxRows = parsed.GetValue(rows),
                ExcludeSpecialTokens = parsed.GetValue(excludeSpecial),
                StateFile = folder is null ? null : Path.Combine(Directory.CreateDirectory(folder).FullName, StateName),
                Resume = parsed.GetValue(resume),
            };
            TokenRows on = parsed.GetValue(tokens) is { } file ? TokenRows.Of(PromptArguments.ReadTokens(file), Path.GetFileName(file)) : TokenRows.FromFile(parsed.GetValue(text)!);
            var loaded = Transformer.Load(parsed.GetRequiredValue(model));
            SaeEvaluationResult result;
            try
            {
                result = SaeEvaluation.Run(loaded, SparseAutoencoder.Load(parsed.GetRequiredValue(sae)), on, options, new Lines(parsed.InvocationConfiguration.Error), interrupts.Token);
            }
            catch (OperationCanceledException) when (interrupts.Token.IsCancellationRequested)
            {
                parsed.InvocationConfiguration.Error.WriteLine(folder is null
                    ? "Stopped; nothing was kept. With --out DIR the next run can go on where this one stopped."
                    : $"Stopped; the rows so far are in {folder}. The same command with --resume goes on from there.");
                return Task.FromResult(interrupts.ExitCode);
            }

            if (folder is not null)
                Write(result, folder);
            parsed.InvocationConfiguration.Output.WriteLine(parsed.GetValue(json) ? result.ToJson() : result.ToString());
            return Task.FromResult(ExitCode.Success);
        });
        return command;
    }

    private static void Write(SaeEvaluationResult result, string folder)
    {
        AtomicFile.Write(Path.Combine(folder, "evaluation.json"), result.ToJson());
        AtomicFile.Write(Path.Combine(folder, "density.svg"), result.DensityHistogram.ToSvg());
        AtomicFile.Write(Path.Combine(folder, "density.plotly.json"), result.DensityHistogram.ToPlotlyJson());
        File.Delete(Path.Combine(folder, StateName));
    }

    /// <summary>A plain line every five seconds.</summary>
    private sealed class Lines(TextWriter error) : IProgress<SaeEvaluationProgress>
    {
        private readonly Stopwatch _sinceLine = Stopwatch.StartNew();

        public void Report(SaeEvaluationProgress value)
        {
            if (_sinceLine.Elapsed < TimeSpan.FromSeconds(5))
                return;
            _sinceLine.Restart();
            error.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"{value.Rows}{(value.TotalRows is { } total ? $" of {total}" : "")} rows, {value.Tokens} tokens, explained variance {value.ExplainedVariance:F3}, L0 {value.L0:F1}{(value.TimeLeft is { } left ? $", {left:h\\:mm\\:ss} left" : "")}"));
            error.Flush();
        }
    }
}
