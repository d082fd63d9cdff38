namespace FeatureInterp.Kernel.Scripting.Packages;

/// <summary>A package that cannot be had, in one sentence.</summary>
/// <param name="message">Which, why, and which feeds were asked.</param>
internal sealed class PackageException(string message) : Exception(message);
