namespace FeatureInterp.Kernel.Jupyter.Zmtp;

/// <summary>A message as it was received.</summary>
/// <param name="Peer">The routing id of who sent it: what <see cref="ZmtpSocket.Send"/> takes to answer.</param>
/// <param name="Frames">Its frames, at least one, any of them empty.</param>
internal sealed record ZmtpMessage(byte[] Peer, byte[][] Frames);
