namespace FeatureInterp.Kernel.Analyses;

/// <summary>A request for an analysis is not what is wanted; nothing was run. The message says where and what to do.</summary>
/// <param name="message">One sentence.</param>
/// <param name="inner">What was caught, if anything.</param>
internal sealed class RequestException(string message, Exception? inner = null) : Exception(message, inner);
