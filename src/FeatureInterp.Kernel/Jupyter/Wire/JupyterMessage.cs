using System.Text.Json;

namespace FeatureInterp.Kernel.Jupyter;

/// <summary>A message that came, signature checked.</summary>
/// <param name="Peer">The transport's name for the connection it came over; replies go back there.</param>
/// <param name="Identities">The routing frames before the delimiter, echoed in replies.</param>
/// <param name="Header">What it is.</param>
/// <param name="ParentId">The id of the message it answers, or an empty string.</param>
/// <param name="Content">The body, a JSON object.</param>
internal sealed record JupyterMessage(byte[] Peer, byte[][] Identities, MessageHeader Header, string ParentId, JsonElement Content);
