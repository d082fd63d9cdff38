namespace FeatureInterp.Kernel.Jupyter;

/// <summary>A request on its way to the handler of its type.</summary>
/// <param name="Message">What came.</param>
/// <param name="Channel">Where.</param>
internal sealed record Request(JupyterMessage Message, RequestChannel Channel)
{
    /// <summary>The message's type.</summary>
    public string Type => Message.Header.Type;

    /// <summary>Its body.</summary>
    public RequestContent Content { get; } = new(Message.Header.Type, Message.Content);
}
