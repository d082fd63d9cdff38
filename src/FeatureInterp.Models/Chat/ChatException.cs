namespace FeatureInterp.Models;

/// <summary>
/// A conversation that a model's chat template does not take, such as two messages of the user in a row, or a template that this
/// library does not know. The message is one sentence: what was found, what was wanted, what to do.
/// </summary>
public sealed class ChatException : Exception
{
    /// <summary>Makes the exception.</summary>
    /// <param name="message">What was found, what was wanted, what to do.</param>
    /// <param name="inner">The error underneath, if there is one.</param>
    public ChatException(string message, Exception? inner = null)
        : base(message, inner)
    {
    }
}
