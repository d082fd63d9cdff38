namespace FeatureInterp.Models;

/// <summary>One message of a conversation.</summary>
/// <param name="Role">Who speaks: <c>system</c>, <c>user</c> or <c>assistant</c>.</param>
/// <param name="Content">What is said.</param>
public sealed record ChatMessage(string Role, string Content)
{
    /// <summary>What the model is told before the conversation.</summary>
    /// <param name="content">The text.</param>
    public static ChatMessage System(string content) => new("system", content);

    /// <summary>What the user says.</summary>
    /// <param name="content">The text.</param>
    public static ChatMessage User(string content) => new("user", content);

    /// <summary>What the model says.</summary>
    /// <param name="content">The text.</param>
    public static ChatMessage Assistant(string content) => new("assistant", content);
}
