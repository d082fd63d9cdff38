using System.CommandLine;
using System.Text.Json;
using FeatureInterp.Models;

namespace FeatureInterp.Kernel.Commands;

/// <summary>The arguments that name a model and what to run it on, the same for every verb that runs one.</summary>
internal sealed class PromptArguments
{
    private const long MaxTokensFile = 1L << 28;

    private readonly Option<string> _model = new("--model")
    {
        Description = "The model's folder (config.json, model.safetensors, tokenizer.json), or the name of one under data/models.",
        HelpName = "DIR",
        Required = true,
    };

    private readonly Option<string?> _tokens = new("--tokens")
    {
        Description = "A JSON file with a list of token ids a prompt: [[2,15,7],[2,9]].",
        HelpName = "FILE.json",
    };

    private readonly Option<string[]> _text = new("--text")
    {
        Description = "A prompt as text; the beginning-of-sequence token is put in front. May be repeated.",
        HelpName = "TEXT",
    };

    private readonly Option<string> _order = new("--layer-order")
    {
        Description = "Which of Gemma-2's layers see only a sliding window: local-first as trained, global-first as TransformerLens 2 had it.",
        DefaultValueFactory = _ => "local-first",
    };

    public PromptArguments() => _order.AcceptOnlyFromAmong("local-first", "global-first");

    public void AddTo(Command command)
    {
        command.Options.Add(_model);
        command.Options.Add(_tokens);
        command.Options.Add(_text);
        command.Options.Add(_order);
        command.Validators.Add(result =>
        {
            if ((result.GetResult(_tokens) is null) == (result.GetResult(_text) is null))
                result.AddError("Give the prompt as either --tokens FILE.json or --text \"…\".");
        });
    }

    public Transformer LoadModel(ParseResult parsed) => Transformer.Load(
        parsed.GetRequiredValue(_model),
        parsed.GetValue(_order) == "global-first" ? LayerOrder.GlobalFirst : LayerOrder.LocalFirst);

    public Prompts ReadPrompts(ParseResult parsed) => parsed.GetValue(_tokens) is { } file ? ReadTokens(file) : parsed.GetValue(_text)!;

    private static int[][] ReadTokens(string path)
    {
        try
        {
            if (new FileInfo(path).Length > MaxTokensFile)
                throw new PromptException($"{path}: the file is larger than {MaxTokensFile >> 20} MiB; split it.");
            return JsonSerializer.Deserialize<int[][]>(File.ReadAllBytes(path)) is { } tokens && tokens.All(t => t is not null)
                ? tokens
                : throw new PromptException($"{path}: there is a null where a list of token ids was expected, as in [[2,15,7],[2,9]].");
        }
        catch (JsonException e)
        {
            throw new PromptException($"{path}: this is not a list of lists of token ids, as in [[2,15,7],[2,9]] ({e.Message}).");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new PromptException($"{path}: the file of token ids is not there or cannot be read; check the path.");
        }
    }
}
