using FeatureInterp.Models.Chat;
using FeatureInterp.Models.Tokenizers;

namespace FeatureInterp.Models;

/// <summary>
/// Turns a conversation into the one text that an instruct model was trained on, special tokens written out, as the
/// <c>chat_template</c> beside its tokenizer does. Encode the text without adding special tokens: it has its own.
/// </summary>
/// <remarks>
/// Templates are programs in Jinja. They are not run here: the families' templates are recognised by their characteristic parts, and
/// what they do for plain messages, without tools, is done in C#, byte for byte.
/// <code>
/// var chat = ChatTemplate.Load(folder);
/// int[] prompt = tokenizer.Encode(chat.Render([ChatMessage.User("Why is the sky blue?")]), addSpecialTokens: false);
/// </code>
/// </remarks>
public abstract class ChatTemplate
{
    private protected ChatTemplate(string name) => Name = name;

    /// <summary>The family: Gemma, Llama 3, ChatML or Mistral.</summary>
    public string Name { get; }

    /// <summary>Recognises the template beside a model's tokenizer: <c>chat_template.jinja</c>, or <c>chat_template</c> in <c>tokenizer_config.json</c>.</summary>
    /// <param name="folderOrFile">The model's folder, or the path of its <c>tokenizer.json</c>.</param>
    /// <exception cref="TokenizerException">A file is damaged.</exception>
    /// <exception cref="ChatException">There is no template (a base model has none), or one that this library does not know.</exception>
    public static ChatTemplate Load(string folderOrFile)
    {
        ArgumentException.ThrowIfNullOrEmpty(folderOrFile);
        var folder = Directory.Exists(folderOrFile) ? folderOrFile : Path.GetDirectoryName(folderOrFile) ?? "";
        var config = TokenizerConfig.ReadIfThere(Path.Combine(folder, "tokenizer_config.json"));
        var jinja = Path.Combine(folder, "chat_template.jinja");
        var template = File.Exists(jinja) ? System.Text.Encoding.UTF8.GetString(JsonText.ReadFile(jinja).Span) : config.ChatTemplate;
        return template is null
            ? throw new ChatException($"{folder} has no chat_template.jinja and no chat_template in tokenizer_config.json: use an instruct model, or write the prompt out yourself.")
            : Recognise(template, config.Bos, config.Eos, folder);
    }

    /// <summary>Recognises a template given as text, for example a GGUF file's <c>tokenizer.chat_template</c>.</summary>
    /// <param name="template">The Jinja source.</param>
    /// <param name="bos">What the template means by <c>bos_token</c>; null where the tokenizer has none.</param>
    /// <param name="eos">What the template means by <c>eos_token</c>; null where the tokenizer has none.</param>
    /// <param name="source">Where the template comes from, for messages.</param>
    /// <exception cref="ChatException">This library does not know it, or it needs a token that was not given.</exception>
    public static ChatTemplate Recognise(string template, string? bos, string? eos, string source = "the chat template")
    {
        ArgumentNullException.ThrowIfNull(template);
        var text = new TemplateText(template, bos, eos, source);
        return GemmaChat.Recognise(text) ?? Llama3Chat.Recognise(text) ?? ChatMlChat.Recognise(text) ?? MistralChat.Recognise(text)
            ?? throw text.Unknown();
    }

    /// <summary>The conversation as one text.</summary>
    /// <param name="messages">The messages in order; at least one.</param>
    /// <param name="addGenerationPrompt">Whether to end with the beginning of the assistant's answer.</param>
    /// <exception cref="ChatException">The template refuses the conversation: a role it does not have, or roles out of order.</exception>
    public string Render(IReadOnlyList<ChatMessage> messages, bool addGenerationPrompt = true)
    {
        ArgumentNullException.ThrowIfNull(messages);
        if (messages.Count == 0)
            throw new ChatException("The conversation has no messages; give at least one of the user's.");
        var rendering = new ChatRendering(Name, messages);
        Render(rendering, addGenerationPrompt);
        return rendering.ToString();
    }

    private protected abstract void Render(ChatRendering rendering, bool addGenerationPrompt);
}
