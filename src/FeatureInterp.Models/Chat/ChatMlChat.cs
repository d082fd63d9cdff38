namespace FeatureInterp.Models.Chat;

/// <summary>
/// ChatML: <c>&lt;|im_start|&gt;</c>, role, content as it is, <c>&lt;|im_end|&gt;</c>. Qwen 2 and 2.5, SmolLM 2 and others each put a system
/// message of their own in front of a conversation that begins with none: it is read off the template.
/// </summary>
internal sealed class ChatMlChat(string bos, string? defaultSystem, bool threeRolesOnly) : ChatTemplate("ChatML")
{
    public static ChatTemplate? Recognise(TemplateText text)
    {
        if (!text.Has("<|im_start|>") || !text.Has("<|im_end|>"))
            return null;
        if (text.Has("<think>") || text.Has("reasoning_content"))
            throw text.Unknown("it is ChatML with a part for reasoning");

        // Either everything is '<|im_end|>' + '\n', or, in Qwen's first, a line end comes only between messages.
        if (text.Has("not loop.last") || text.Find(@"<\|im_end\|>(?:' \+ ')?\\n'") is null || text.Has("| trim") || text.Has("|trim"))
            throw text.Unknown("it is ChatML of another kind");
        var system = text.Find(@"<\|im_start\|>system\\n([^<']+)<\|im_end\|>\\n'");
        return new ChatMlChat(text.Bos(), system?.Groups[1].Value.Replace("\\n", "\n", StringComparison.Ordinal), text.Has("message.tool_calls"));
    }

    private protected override void Render(ChatRendering rendering, bool addGenerationPrompt)
    {
        // A template with a part for tools passes over the roles it does not have, which nobody can want.
        if (threeRolesOnly)
            rendering.RequireRoles("system", "user", "assistant");
        rendering.Write(bos);
        if (defaultSystem is not null && rendering.Messages[0].Role != "system")
            Message(rendering, "system", defaultSystem);
        foreach (var (role, content) in rendering.Messages)
            Message(rendering, role, content);
        if (addGenerationPrompt)
            rendering.Write("<|im_start|>assistant\n");
    }

    private static void Message(ChatRendering rendering, string role, string content) =>
        rendering.Write("<|im_start|>", role, "\n", content, "<|im_end|>\n");
}
