namespace FeatureInterp.Models.Chat;

/// <summary>
/// Gemma's: turns of <c>user</c> and <c>model</c>, contents stripped. Gemma and Gemma 2 have no system message; Gemma 3 puts it in
/// front of what the user says first.
/// </summary>
internal sealed class GemmaChat(string bos, bool takesSystem) : ChatTemplate("Gemma")
{
    public static ChatTemplate? Recognise(TemplateText text) =>
        text.Has("<start_of_turn>") && text.Has("<end_of_turn>") ? new GemmaChat(text.Bos(), text.Has("first_user_prefix")) : null;

    private protected override void Render(ChatRendering rendering, bool addGenerationPrompt)
    {
        var system = rendering.TakeSystem();
        if (system is not null && !takesSystem)
            throw rendering.No("it has no system message; say it in the user's first one");
        rendering.RequireTurns(othersMayAnswer: true);
        rendering.Write(bos);
        var prefix = system is null ? "" : system + "\n\n";
        foreach (var (role, content) in rendering.Messages)
        {
            rendering.Write("<start_of_turn>", role == "assistant" ? "model" : role, "\n", prefix, ChatRendering.Trim(content), "<end_of_turn>\n");
            prefix = "";
        }

        if (addGenerationPrompt)
            rendering.Write("<start_of_turn>model\n");
    }
}
