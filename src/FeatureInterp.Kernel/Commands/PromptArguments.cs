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
        Description = "A folder (config.json, *.safetensors, tokenizer.json), a .gguf file, a name under data/models, or org/name in the Hugging Face cache.",
        HelpName = "MODEL",
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

    private readonly Option<string?> _chat = new("--chat")
    {
        Description = "A message to an instruct model, put into its own chat template.",
        HelpName = "MESSAGE",
    };

    private readonly Option<bool> _noBos = new("--no-bos") { Description = "Put no beginning-of-sequence token in front of --text." };

    private readonly Option<bool> _download = new("--download") { Description = "Fetch the model from the hub if it is not on this machine." };

    private readonly Option<string> _order = new("--layer-order")
    {
        Description = "Which of Gemma-2's layers see only a sliding window: local-first as trained, global-first as TransformerLens 2 had it.",
        DefaultValueFactory = _ => "local-first",
    };

    private readonly Option<bool> _process = new("--process")
    {
        Description = "TransformerLens's default weight processing: fold_ln, center_writing_weights, center_unembed, fold_value_biases. Off by default, as SAEs need it.",
    };

    private readonly Option<string> _gelu = new("--gemma-gelu")
    {
        Description = "Gemma 1's GELU: tanh as trained, exact as TransformerLens 3 has it.",
        DefaultValueFactory = _ => "tanh",
    };

    private readonly Option<string> _normalized = new("--hook-normalized")
    {
        Description = "What hook_normalized of a layer norm holds: before-gain as in TransformerLens 3, after-gain as in TransformerLens 2.",
        DefaultValueFactory = _ => "before-gain",
    };

    public PromptArguments()
    {
        _order.AcceptOnlyFromAmong("local-first", "global-first");
        _gelu.AcceptOnlyFromAmong("tanh", "exact");
        _normalized.AcceptOnlyFromAmong("before-gain", "after-gain");
    }


    public void AddTo(Command command)
    {
        command.Options.Add(_model);
        command.Options.Add(_tokens);
        command.Options.Add(_text);
        foreach (var option in (Option[])[_chat, _noBos, _download, _order, _process, _gelu, _normalized])
            command.Options.Add(option);
        command.Validators.Add(result =>
        {
            if (new Option[] { _tokens, _text, _chat }.Count(o => result.GetResult(o) is not null) != 1)
                result.AddError("Give the prompt as one of --tokens FILE.json, --text \"…\" and --chat \"…\".");
        });
    }

    /// <summary>Loads the model, fetching it first where that is asked for.</summary>
    public async Task<Transformer> LoadModelAsync(ParseResult parsed, CancellationToken cancellation)
    {
        var options = new LoadOptions
        {
            LayerOrder = parsed.GetValue(_order) == "global-first" ? LayerOrder.GlobalFirst : LayerOrder.LocalFirst,
            Processing = parsed.GetValue(_process) ? WeightProcessing.Standard : WeightProcessing.None,
            GemmaGelu = parsed.GetValue(_gelu) == "exact" ? GemmaGelu.Exact : GemmaGelu.Tanh,
            NormalizedHook = parsed.GetValue(_normalized) == "after-gain" ? NormalizedHook.AfterGain : NormalizedHook.BeforeGain,
            Download = parsed.GetValue(_download) ? Download.Allowed : Download.Never,
        };
        var model = parsed.GetRequiredValue(_model);
        if (options.Download == Download.Never)
            return Transformer.Load(model, options);
        var progress = PullProgress.ForTerminal(Console.Error);
        await progress.ShowAsync(() => new ModelLocator(HubSettings.FromEnvironment()).FindAsync(model, options.Download, progress, cancellation)).ConfigureAwait(false);
        return Transformer.Load(model, options);
    }

    public Prompts ReadPrompts(ParseResult parsed, Transformer model)
    {
        if (parsed.GetValue(_tokens) is { } file)
            return ReadTokens(file);
        if (parsed.GetValue(_chat) is { } message)
            return model.ChatTokens([ChatMessage.User(message)]);
        var texts = parsed.GetValue(_text)!;
        return parsed.GetValue(_noBos) ? Array.ConvertAll(texts, t => model.RequireTokenizer().ToTokens(t, prependBos: false)) : texts;
    }

    /// <summary>Reads a file with a list of token ids a prompt.</summary>
    internal static int[][] ReadTokens(string path)
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
