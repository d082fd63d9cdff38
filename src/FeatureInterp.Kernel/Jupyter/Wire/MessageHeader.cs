namespace FeatureInterp.Kernel.Jupyter;

/// <summary>The header of a request: what it is, and what replies and outputs name as their parent.</summary>
/// <param name="Id">The sender's name for the message, not used twice.</param>
/// <param name="Session">The sender's session.</param>
/// <param name="Type">The kind of message, e.g. <c>execute_request</c>.</param>
/// <param name="Json">The header as it came: valid UTF-8, a JSON object. Echoed, fields this kernel does not know included.</param>
internal sealed record MessageHeader(string Id, string Session, string Type, byte[] Json)
{
    /// <summary>The parent of what nobody asked for.</summary>
    public static MessageHeader None { get; } = new("", "", "", "{}"u8.ToArray());
}
