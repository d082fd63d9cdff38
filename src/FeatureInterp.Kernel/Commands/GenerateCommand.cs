using System.CommandLine;
using System.Text.Json;
using FeatureInterp.Kernel.Runner;
using FeatureInterp.Models;

namespace FeatureInterp.Kernel.Commands;

/// <summary><c>featureinterp generate</c>: continues prompts.</summary>
internal static class GenerateCommand
{
    public static Command Create()
    {
        var prompt = new PromptArguments();
        var count = new Option<int>("--max-new-tokens") { Description = "The most tokens to add to each prompt.", HelpName = "N", DefaultValueFactory = _ => 50 };
        var temperature = new Option<float>("--temperature") { Description = "0 takes the most probable token; above 0 draws, the higher the wilder.", HelpName = "T", DefaultValueFactory = _ => 0 };
        var topK = new Option<int?>("--top-k") { Description = "Draw from the K most probable tokens only; wins over --top-p.", HelpName = "K" };
        var topP = new Option<float>("--top-p") { Description = "Draw from the most probable tokens that together reach P.", HelpName = "P", DefaultValueFactory = _ => 1 };
        var frequency = new Option<float>("--frequency-penalty") { Description = "Taken from a token's logit for each time it is already in the text.", HelpName = "F", DefaultValueFactory = _ => 0 };
        var repetition = new Option<float>("--repetition-penalty") { Description = "A positive logit of a token already in the text is divided by this, a negative one multiplied.", HelpName = "R", DefaultValueFactory = _ => 1 };
        var stop = new Option<int[]>("--stop") { Description = "A further token id that ends a text. May be repeated.", HelpName = "ID" };
        var logProbabilities = new Option<bool>("--log-probabilities") { Description = "With --json: also print the log-probability of each new token." };
        var seed = new Option<long>("--seed") { Description = "Where the random numbers start; the same seed gives the same text.", HelpName = "S" };
        var json = new Option<bool>("--json") { Description = "Print {\"tokens\":[[…]],\"text\":[…]} with the new tokens only." };
        var ignoreEos = new Option<bool>("--ignore-eos") { Description = "Go on after the end-of-sequence token." };
        var command = new Command("generate", "Continue prompts, greedily unless a temperature is given.");
        prompt.AddTo(command);
        foreach (var option in (Option[])[count, temperature, topK, topP, frequency, repetition, seed, json, logProbabilities, stop, ignoreEos])
            command.Options.Add(option);
        command.SetAction(async (parsed, _) =>
        {
            using var interrupts = new Interrupts();
            var model = await prompt.LoadModelAsync(parsed, interrupts.Token).ConfigureAwait(false);
            var sampling = new Sampling
            {
                Temperature = parsed.GetValue(temperature),
                TopK = parsed.GetValue(topK),
                TopP = parsed.GetValue(topP),
                FrequencyPenalty = parsed.GetValue(frequency),
                RepetitionPenalty = parsed.GetValue(repetition),
                Seed = parsed.GetValue(seed),
            };
            var asJson = parsed.GetValue(json);
            var prompts = prompt.ReadPrompts(parsed, model);
            var made = model.Generate(
                prompts,
                parsed.GetValue(count),
                sampling,
                stopAtEos: !parsed.GetValue(ignoreEos),
                stopTokens: parsed.GetValue(stop),
                onToken: asJson ? null : token => Show(model, token),
                cancellation: interrupts.Token);
            if (asJson && parsed.GetValue(logProbabilities))
                Console.Out.WriteLine(JsonSerializer.Serialize(new { tokens = made.Select(m => m.Tokens), text = made.Select(m => m.Text), log_probabilities = made.Select(m => m.LogProbabilities) }, Relaxed));
            else if (asJson)
                Console.Out.WriteLine(JsonSerializer.Serialize(new { tokens = made.Select(m => m.Tokens), text = made.Select(m => m.Text) }, Relaxed));
            else
                ShowAll(model, made);
            return ExitCode.Success;
        });
        return command;
    }

    private static readonly JsonSerializerOptions Relaxed = new() { Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    // One prompt is printed as it comes; the texts of several would run into each other.
    private static void Show(Transformer model, GeneratedToken token)
    {
        if (token.Prompt == 0 && model.Tokenizer is not null)
            Console.Out.Write(token.Text);
    }

    private static void ShowAll(Transformer model, IReadOnlyList<GeneratedText> made)
    {
        Console.Out.WriteLine();
        for (var p = model.Tokenizer is null ? 0 : 1; p < made.Count; p++)
            Console.Out.WriteLine(model.Tokenizer is null ? string.Join(' ', made[p].Tokens) : made[p].Text);
    }
}
