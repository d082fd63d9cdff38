namespace FeatureInterp.Models.Chat;

/// <summary>
/// Llama 3's: a header with the role, the stripped content, <c>&lt;|eot_id|&gt;</c>. From 3.1 on there is always a system message,
/// which begins with two dates: the one the training data ends at, and a date of today that is fixed in the template.
/// </summary>
/// <remarks>Llama 3.2's template takes the real date where it can be had; so that a prompt stays the same from day to day, this one keeps to its other, fixed one.</remarks>
internal sealed class Llama3Chat(string bos, string? today, bool alwaysGenerates) : ChatTemplate("Llama 3")
{
    public static ChatTemplate? Recognise(TemplateText text)
    {
        if (!text.Has("<|start_header_id|>") || !text.Has("<|eot_id|>"))
            return null;
        string? today = null;
        if (text.Has("Cutting Knowledge Date"))
        {
            today = text.Has("Cutting Knowledge Date: December 2023\\n") ? text.Find(@"set date_string = '([^']+)'")?.Groups[1].Value : null;
            if (today is null)
                throw text.Unknown("it has a system header with dates, but not as Llama 3.1's");
        }

        return new Llama3Chat(text.Bos(), today, !text.Has("add_generation_prompt"));
    }

    private protected override void Render(ChatRendering rendering, bool addGenerationPrompt)
    {
        rendering.Write(bos);
        if (today is not null)
        {
            var system = ChatRendering.Trim(rendering.TakeSystem() ?? "");
            Message(rendering, "system", $"Cutting Knowledge Date: December 2023\nToday Date: {today}\n\n{system}");
            rendering.RefuseRoles("tool", "ipython");
        }

        foreach (var (role, content) in rendering.Messages)
            Message(rendering, role, ChatRendering.Trim(content));
        if (addGenerationPrompt || alwaysGenerates)
            rendering.Write("<|start_header_id|>assistant<|end_header_id|>\n\n");
    }

    private static void Message(ChatRendering rendering, string role, string content) =>
        rendering.Write("<|start_header_id|>", role, "<|end_header_id|>\n\n", content, "<|eot_id|>");
}
