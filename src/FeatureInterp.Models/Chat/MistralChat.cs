using System.Text.RegularExpressions;

namespace FeatureInterp.Models.Chat;

/// <summary>
/// Mistral's and Mixtral's: what the user says between <c>[INST]</c> and <c>[/INST]</c>, what the model says ended by EOS. The versions
/// differ in spaces, and in whether a system message is put before the user's first words or the last: all of it is read off the template.
/// </summary>
internal sealed class MistralChat : ChatTemplate
{
    private const string User = @"'( ?)\[INST\]( ?)' \+ message\['content'\] \+ '( ?)\[/INST\]'";
    private const string Assistant = @"(?:'( )' \+ )?message\['content'\] ?(\| ?trim)? ?\+ eos_token(?: \+ '( )')?";

    private readonly string bos;
    private readonly string eos;
    private readonly SystemPlace system;
    private readonly string open;
    private readonly string close;
    private readonly string before;
    private readonly string behind;
    private readonly bool trims;

    private MistralChat(TemplateText text, Match user, Match assistant, SystemPlace system)
        : base("Mistral")
    {
        (bos, eos, this.system) = (text.Bos(), text.Eos(), system);
        open = user.Groups[1].Value + "[INST]" + user.Groups[2].Value;
        close = user.Groups[3].Value + "[/INST]";
        before = assistant.Groups[1].Value;
        trims = assistant.Groups[2].Success;
        behind = assistant.Groups[3].Value;
    }

    private enum SystemPlace
    {
        None,
        First,
        Last,
    }

    public static ChatTemplate? Recognise(TemplateText text)
    {
        if (!text.Has("[INST]") || !text.Has("[/INST]"))
            return null;
        var place = !text.Has("system_message") ? SystemPlace.None
            : text.Has("loop.first and system_message") ? SystemPlace.First
            : text.Has("loop.last and system_message") ? SystemPlace.Last
            : throw text.Unknown("it has [INST] and a system message, but not as Mistral's");
        if (text.Has("<<SYS>>") || text.Has("[SYSTEM_PROMPT]") || text.Find(User) is not { } user || text.Find(Assistant) is not { } assistant)
            throw text.Unknown("it has [INST], but not as Mistral's");
        return new MistralChat(text, user, assistant, place);
    }

    private protected override void Render(ChatRendering rendering, bool addGenerationPrompt)
    {
        var said = rendering.TakeSystem();
        if (said is not null && system == SystemPlace.None)
            throw rendering.No("it has no system message; say it in the user's first one");
        rendering.RequireTurns();
        rendering.Write(bos);
        for (var i = 0; i < rendering.Messages.Count; i++)
        {
            var (role, content) = rendering.Messages[i];
            if (role == "assistant")
                rendering.Write(before, trims ? ChatRendering.Trim(content) : content, eos, behind);
            else if (said is not null && i == (system == SystemPlace.First ? 0 : rendering.Messages.Count - 1))
                rendering.Write(open, said, "\n\n", content, close);
            else
                rendering.Write(open, content, close);
        }
    }
}
