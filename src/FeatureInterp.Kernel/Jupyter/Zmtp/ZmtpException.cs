namespace FeatureInterp.Kernel.Jupyter.Zmtp;

/// <summary>A socket cannot be bound where it was asked to be. The message is one sentence that says why.</summary>
/// <param name="message">One sentence.</param>
/// <param name="inner">What was caught, if anything.</param>
internal sealed class ZmtpException(string message, Exception? inner = null) : Exception(message, inner);

/// <summary>A peer does not speak the protocol, or broke a limit; its connection is closed. The message says what was found and wanted.</summary>
/// <param name="message">One sentence.</param>
internal sealed class ZmtpProtocolException(string message) : Exception(message);
