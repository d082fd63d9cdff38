using FeatureInterp.Analysis;
using FeatureInterp.Models;

namespace FeatureInterp.Kernel.Analyses;

/// <summary>
/// One prompt of a request: a text, a list of token ids, or a mapping with one of <c>text</c>, <c>file</c> (a text file), <c>arc</c> (a task's name or file), <c>chat</c> (a message, put into the model's
/// template) and <c>tokens</c>.
/// </summary>
internal sealed class PromptRequest
{
    private const long MaxFile = 16 << 20;

    private readonly Func<string>? _text;
    private readonly Func<Transformer, int[]>? _tokens;

    private PromptRequest(Func<string>? text, Func<Transformer, int[]>? tokens) => (_text, _tokens) = (text, tokens);

    /// <summary>Reads one.</summary>
    public static PromptRequest Of(RequestValue value)
    {
        if (value.IsList)
            return Ids(value);
        return !value.IsMap ? Text(value) : value.Map(map => map.OneOf<PromptRequest>(
            ("text", Text),
            ("file", v => FromText(v, ReadFile)),
            ("arc", v => FromText(v, name => ArcTask.Load(name).Prompt())),
            ("chat", Chat),
            ("tokens", Ids)));
    }

    /// <summary>Reads several.</summary>
    public static PromptRequest[] Several(RequestValue value) => value.Each(Of);

    /// <summary>Reads a text that follows a prompt, so that no beginning-of-sequence token is put in front of it: a text, a list of token ids, or a mapping with one of <c>text</c>, <c>file</c> and <c>tokens</c>.</summary>
    public static PromptRequest Answer(RequestValue value)
    {
        if (value.IsList)
            return Ids(value);
        var text = !value.IsMap ? Text(value) : value.Map(map => map.OneOf<PromptRequest>(("text", Text), ("file", v => FromText(v, ReadFile)), ("tokens", Ids)));
        return text._text is null ? text : new(null, model => model.RequireTokenizer().ToTokens(text._text(), prependBos: false));
    }

    /// <summary>The token ids, a beginning-of-sequence token in front of texts where the model wants it.</summary>
    public int[] Tokens(Transformer model) => _tokens is not null ? _tokens(model) : model.RequireTokenizer().ToTokens(_text!(), model.PrependsBos);

    /// <summary>The text, for analyses that take only texts.</summary>
    /// <exception cref="RequestException">It is given as ids or as a chat message.</exception>
    public string AsText() => _text is not null ? _text() : throw new RequestException("This analysis takes prompts as text, not as token ids or chat messages; give one of text, file and arc.");

    private static PromptRequest Text(RequestValue value) => FromText(value, text => text);

    private static PromptRequest FromText(RequestValue value, Func<string, string> make)
    {
        var text = value.Text();
        return new(() => make(text), null);
    }

    private static PromptRequest Chat(RequestValue value)
    {
        var message = value.Text();
        return new(null, model => model.ChatTokens([ChatMessage.User(message)]));
    }

    private static PromptRequest Ids(RequestValue value)
    {
        var ids = value.Ints();
        return new(null, _ => ids);
    }

    private static string ReadFile(string path)
    {
        try
        {
            return new FileInfo(path).Length <= MaxFile ? File.ReadAllText(path)
                : throw new RequestException($"{path}: the file is larger than {MaxFile >> 20} MiB, which no prompt is; give a part of it.");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new RequestException($"{path}: the text of a prompt is not there or cannot be read; check the path.", e);
        }
    }
}
