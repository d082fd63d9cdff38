namespace FeatureInterp.Models;

/// <summary>
/// A model's folder or one of its files cannot be used. The message is one sentence that names the file, says what was found and
/// what was wanted, and what to do.
/// </summary>
public sealed class ModelFileException : Exception
{
    /// <summary>Names the file and the fault.</summary>
    /// <param name="path">The file or folder.</param>
    /// <param name="fault">What was found, what was wanted, what to do.</param>
    /// <param name="inner">What was caught, if anything.</param>
    public ModelFileException(string path, string fault, Exception? inner = null)
        : base($"{path}: {fault}", inner) => Path = path;

    /// <summary>The file or folder.</summary>
    public string Path { get; }
}
