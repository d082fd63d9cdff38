namespace FeatureInterp.Kernel.Scripting.Magics;

/// <summary>A kernel line that is written wrongly or cannot be done, in one sentence.</summary>
/// <param name="message">What was found, what was wanted, what to do.</param>
internal sealed class MagicException(string message) : Exception(message);
