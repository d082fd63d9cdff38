using System.CommandLine;
using System.Globalization;
using FeatureInterp.Kernel.Runner;
using FeatureInterp.Models;
using FeatureInterp.Saes;
using FeatureInterp.Tensors;
using RunResult = FeatureInterp.Models.RunResult;

namespace FeatureInterp.Kernel.Commands;

/// <summary><c>featureinterp activations</c>: runs a model once and writes its logits and hooks as a safetensors file.</summary>
internal static class ActivationsCommand
{
    public static Command Create()
    {
        var prompt = new PromptArguments();
        var hooks = new Option<string[]>("--hooks")
        {
            Description = "Which hooks to write: names, or patterns with * and ?. May be repeated; every hook by default.",
            HelpName = "GLOB",
            AllowMultipleArgumentsPerToken = true,
        };
        var sae = new Option<string[]>("--sae") { Description = "A sparse autoencoder to splice in: its folder, or the name of one under data/saes. May be repeated.", HelpName = "DIR" };
        var errorTerm = new Option<bool>("--error-term") { Description = "Add back what the SAE fails to reconstruct." };
        var loss = new Option<bool>("--loss") { Description = "Also write loss (mean, nats a token) and loss_per_token." };
        var output = new Option<string>("--out") { Description = "The file to write.", HelpName = "FILE.safetensors", Required = true };
        var command = new Command("activations", "Run a model once and write logits and hooks under their TransformerLens names, fp32, shorter prompts filled up on the right.");
        prompt.AddTo(command);
        foreach (var option in (Option[])[hooks, sae, errorTerm, loss, output])
            command.Options.Add(option);
        command.SetAction(async (parsed, _) =>
        {
            using var interrupts = new Interrupts();
            var model = await prompt.LoadModelAsync(parsed, interrupts.Token).ConfigureAwait(false);
            var saes = (parsed.GetValue(sae) ?? []).Select(folder => SparseAutoencoder.Load(folder).For(model)).ToArray();
            var selection = parsed.GetValue(hooks) is { Length: > 0 } globs ? new HookSelection(globs) : HookSelection.All;
            var run = model.Run(
                prompt.ReadPrompts(parsed, model),
                capture: selection,
                splice: [.. saes.Select(s => s.Splice(parsed.GetValue(errorTerm)))],
                cancellation: interrupts.Token);
            Write(run, model, saes, parsed.GetValue(loss), parsed.GetRequiredValue(output));
            return ExitCode.Success;
        });
        return command;
    }

    private static void Write(RunResult run, Transformer model, SparseAutoencoder[] saes, bool loss, string path)
    {
        var writer = new SafetensorsWriter();
        var lengths = Enumerable.Range(0, run.Batch.Count).Select(p => run.Batch.Length(p)).ToArray();
        writer.AddMetadata("model", model.Name);
        foreach (var (name, value) in model.Flags)
            writer.AddMetadata(name, value);
        if (saes.Length > 0)
            writer.AddMetadata("saes", string.Join(", ", saes.Select(s => s.Name)));
        writer.AddMetadata("lengths", "[" + string.Join(",", lengths.Select(l => l.ToString(CultureInfo.InvariantCulture))) + "]");
        writer.AddMetadata("padding", "right");

        writer.Add("logits", run.Logits.Padded());
        foreach (var point in run.Activations.Points)
            writer.Add(point.ToString(), AsTransformerLens(point, run.Activations[point].Padded(point.Site == HookSite.AttnScores ? float.NegativeInfinity : 0)));
        if (loss)
        {
            writer.Add("loss", new Tensor(new[] { (float)run.Loss() }));
            writer.Add("loss_per_token", new Activation("loss", [.. Enumerable.Range(0, run.Batch.Count).Select(run.LossPerToken)]).Padded());
        }

        writer.Save(path);
        Console.Error.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{path}: logits and {run.Activations.Points.Count} hooks of {model.Name} for {lengths.Length} prompts, {lengths.Sum()} tokens"));
        foreach (var warning in saes.SelectMany(s => s.Warnings(model)))
            Console.Error.WriteLine("note: " + warning);
    }

    // TransformerLens runs the norms of queries and keys over [batch · pos · head, d_head].
    private static Tensor AsTransformerLens(HookPoint point, Tensor value) =>
        point.Site is HookSite.QNormScale or HookSite.QNormNormalized or HookSite.KNormScale or HookSite.KNormNormalized
            ? value.Reshape(value.Length / value.Shape[^1], value.Shape[^1])
            : value;
}
