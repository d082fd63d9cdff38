using System.CommandLine;
using System.Globalization;
using FeatureInterp.Kernel.Runner;
using FeatureInterp.Models;
using FeatureInterp.Saes;

namespace FeatureInterp.Kernel.Commands;

/// <summary><c>featureinterp sae train</c>: trains a sparse autoencoder on what a model makes of a text.</summary>
internal static class SaeTrainCommand
{
    private static readonly Option<string> Model = new("--model") { Description = "A folder, a .gguf file, a name under data/models, or org/name in the Hugging Face cache.", HelpName = "MODEL", Required = true };
    private static readonly Option<string> Hook = new("--hook") { Description = "The hook to train on, such as blocks.3.hook_resid_post.", HelpName = "HOOK", Required = true };
    private static readonly Option<string> Text = new("--text") { Description = "A text file, or the name of one under data/texts, cut into rows of tokens.", HelpName = "FILE", Required = true };
    private static readonly Option<string> Out = new("--out") { Description = "The folder that receives cfg.json and sae_weights.safetensors.", HelpName = "FOLDER", Required = true };
    private static readonly Option<string> Kind = new("--kind") { Description = "standard, gated, topk, batchtopk, matryoshka or jumprelu.", HelpName = "KIND", DefaultValueFactory = _ => "batchtopk" };
    private static readonly Option<int> Features = new("--d-sae") { Description = "How many features.", HelpName = "N", Required = true };
    private static readonly Option<double> K = new("--k") { Description = "Features a token, for topk, batchtopk and matryoshka.", HelpName = "K", DefaultValueFactory = _ => 32 };
    private static readonly Option<double> Sparsity = new("--sparsity") { Description = "The weight of the sparsity loss, for standard, gated and jumprelu.", HelpName = "C", DefaultValueFactory = _ => 1 };
    private static readonly Option<int> Steps = new("--steps") { Description = "How many steps.", HelpName = "N", DefaultValueFactory = _ => 2000 };
    private static readonly Option<int> Batch = new("--batch") { Description = "How many activations a step sees.", HelpName = "N", DefaultValueFactory = _ => 4096 };
    private static readonly Option<double> Rate = new("--lr") { Description = "The learning rate; it rises over the first 5 % of the steps and falls to zero over the last 20 %.", HelpName = "R", DefaultValueFactory = _ => 1e-3 };
    private static readonly Option<int> Length = new("--context") { Description = "Tokens of a row.", HelpName = "N", DefaultValueFactory = _ => SaeTraining.DefaultRowLength };
    private static readonly Option<long> Seed = new("--seed") { Description = "Where every random number comes from.", HelpName = "S", DefaultValueFactory = _ => 42 };
    private static readonly Option<string?> Checkpoints = new("--checkpoints") { Description = "A folder for checkpoints; training goes on from one that is there.", HelpName = "FOLDER" };

    public static Command Create()
    {
        Kind.AcceptOnlyFromAmong("standard", "gated", "topk", "batchtopk", "matryoshka", "jumprelu");
        var command = new Command("train", "Train a sparse autoencoder on a model's activations on a text, and save it in SAELens's layout.");
        foreach (var option in (Option[])[Model, Hook, Text, Out, Kind, Features, K, Sparsity, Steps, Batch, Rate, Length, Seed, Checkpoints])
            command.Options.Add(option);
        command.SetAction((parsed, _) =>
        {
            using var interrupts = new Interrupts();
            var model = Transformer.Load(parsed.GetRequiredValue(Model));
            var rows = TrainingRows.Of(model, TokenRows.FromFile(parsed.GetRequiredValue(Text)), parsed.GetValue(Length));
            var trained = SaeTraining.Run(model, rows, OptionsOf(parsed), new Lines(Console.Error), interrupts.Token);
            trained.Save(parsed.GetRequiredValue(Out));
            Console.Out.WriteLine($"{trained}: {parsed.GetRequiredValue(Out)}");
            return Task.FromResult(ExitCode.Success);
        });
        return command;
    }

    private static SaeTrainingOptions OptionsOf(ParseResult parsed)
    {
        var (steps, batch, size) = (parsed.GetValue(Steps), parsed.GetValue(Batch), parsed.GetValue(Features));
        var (k, weight) = (parsed.GetValue(K), parsed.GetValue(Sparsity));
        return new SaeTrainingOptions
        {
            Objective = parsed.GetValue(Kind) switch
            {
                "standard" => new StandardTraining { L1Coefficient = weight, L1WarmUpSteps = steps / 10 },
                "gated" => new GatedTraining { L1Coefficient = weight, L1WarmUpSteps = steps / 10 },
                "jumprelu" => new JumpReLUTraining { L0Coefficient = weight, L0WarmUpSteps = steps / 10 },
                "topk" => new TopKTraining { K = (int)Math.Clamp(k, 0, int.MaxValue) },
                "matryoshka" => new MatryoshkaTraining { K = k, Widths = [.. new[] { size / 16, size / 4, size / 2 }.Where(w => w > 0).Distinct()] },
                _ => new BatchTopKTraining { K = k },
            },
            Hook = HookPoint.Parse(parsed.GetRequiredValue(Hook)),
            DSae = size,
            Steps = steps,
            Batches = new BatchOptions { Size = batch, BufferRows = (int)Math.Clamp(8L * batch, batch, 1 << 28) },
            Optimizer = new OptimizerOptions { LearningRate = new LearningRateSchedule { Rate = parsed.GetValue(Rate), WarmUpSteps = Math.Max(0, steps / 20), DecaySteps = Math.Max(0, steps / 5) } },
            Normalization = TrainingNormalization.ExpectedAverageOnlyIn,
            Seed = parsed.GetValue(Seed),
            Checkpoints = parsed.GetValue(Checkpoints) is { } folder ? new CheckpointOptions(folder, Math.Max(1, steps / 10)) : null,
        };
    }

    // A line a percent of the way, with what one wants to watch.
    private sealed class Lines(TextWriter output) : IProgress<SaeTrainingProgress>
    {
        public void Report(SaeTrainingProgress p)
        {
            if (p.Step != p.Steps && p.Step % Math.Max(1, p.Steps / 100) != 0)
                return;
            var q = p.Quality;
            output.WriteLine(string.Create(CultureInfo.InvariantCulture,
                $"step {p.Step} of {p.Steps}  loss {q.Loss:F3}  L0 {q.L0:F1}  explained {q.ExplainedVariance:F4}  dead {q.DeadShare:P1}  {p.TokensPerSecond:F0} tokens/s  {p.TimeLeft:hh\\:mm\\:ss} left"));
        }
    }
}
