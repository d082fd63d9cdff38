using System.Text;

namespace FeatureInterp.Models.Chat;

/// <summary>A conversation on its way to being one text: what the families' renderings have in common.</summary>
internal sealed class ChatRendering(string family, IReadOnlyList<ChatMessage> messages)
{
    private readonly StringBuilder text = new();

    /// <summary>The messages that are still to be written.</summary>
    public IReadOnlyList<ChatMessage> Messages { get; private set; } = messages;

    public void Write(params ReadOnlySpan<string> parts)
    {
        foreach (var part in parts)
            text.Append(part);
    }

    public override string ToString() => text.ToString();

    /// <summary>Takes a system message off the front, or gives null when the first message is not one.</summary>
    public string? TakeSystem()
    {
        if (Messages[0].Role != "system")
            return null;
        var content = Messages[0].Content;
        Messages = [.. Messages.Skip(1)];
        return content;
    }

    /// <summary>Throws unless user and assistant take turns, the user first: what templates call alternating roles.</summary>
    /// <param name="othersMayAnswer">Whether any role but the user's may stand in the assistant's place, as Gemma's template lets it.</param>
    public void RequireTurns(bool othersMayAnswer = false)
    {
        for (var i = 0; i < Messages.Count; i++)
        {
            var wanted = i % 2 == 0 ? "user" : "assistant";
            var found = Messages[i].Role;
            if (found != wanted && !(othersMayAnswer && i % 2 == 1 && found != "user"))
                throw No($"message {i + 1} behind the system message, if any, is of the role {found} where {wanted} must follow; let user and assistant take turns");
        }
    }

    /// <summary>Throws unless every message has one of the roles.</summary>
    public void RequireRoles(params ReadOnlySpan<string> roles)
    {
        foreach (var message in Messages)
        {
            if (!roles.Contains(message.Role))
                throw No($"it has no role {message.Role}; use {string.Join(", ", roles)}");
        }
    }

    /// <summary>Throws if a message has one of the roles: those of tools, whose messages are more than text.</summary>
    public void RefuseRoles(params ReadOnlySpan<string> roles)
    {
        foreach (var message in Messages)
        {
            if (roles.Contains(message.Role))
                throw No($"messages of the role {message.Role} are not supported; use system, user and assistant");
        }
    }

    public ChatException No(string found) => new($"The {family} chat template does not take this conversation: {found}.");

    /// <summary>Python's <c>strip()</c>, which is what Jinja's <c>trim</c> does: white space and the four separators U+001C to U+001F.</summary>
    public static string Trim(string content)
    {
        int start = 0, end = content.Length;
        while (start < end && IsSpace(content[start]))
            start++;
        while (end > start && IsSpace(content[end - 1]))
            end--;
        return content[start..end];

        static bool IsSpace(char c) => char.IsWhiteSpace(c) || c is >= '\u001C' and <= '\u001F';
    }
}
