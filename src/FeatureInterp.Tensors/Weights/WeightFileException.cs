namespace FeatureInterp.Tensors;

/// <summary>
/// A weight file cannot be used. The message is one sentence that names the file, says what was found and what was wanted,
/// and what to do about it.
/// </summary>
public sealed class WeightFileException : Exception
{
    /// <summary>Names the file and the fault.</summary>
    /// <param name="path">The file.</param>
    /// <param name="fault">What was found, what was wanted, what to do.</param>
    /// <param name="inner">What was caught, if anything.</param>
    public WeightFileException(string path, string fault, Exception? inner = null)
        : base($"{path}: {fault}", inner) => Path = path;

    /// <summary>The file.</summary>
    public string Path { get; }
}
