namespace FeatureInterp.Kernel.Jupyter;

/// <summary>A kernelspec that cannot be written or removed: one sentence with the folder and what to do.</summary>
internal sealed class KernelSpecException(string message, Exception? inner = null) : Exception(message, inner);
