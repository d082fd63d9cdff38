namespace FeatureInterp.Models;

/// <summary>
/// A tokenizer's files cannot be used as they are: one is missing, damaged, or asks for a component this library does not have.
/// The message is one sentence: the file, what was found in it, and what to do.
/// </summary>
public sealed class TokenizerException : Exception
{
    /// <summary>Makes the exception for <paramref name="file"/>.</summary>
    /// <param name="file">The file or folder that was being read.</param>
    /// <param name="found">What was found, where in the file, and what was wanted instead.</param>
    /// <param name="remedy">What the reader of the message can do about it.</param>
    /// <param name="inner">The error underneath, if there is one.</param>
    public TokenizerException(string file, string found, string remedy, Exception? inner = null)
        : base($"{file}: {found}; {remedy}.", inner)
    {
        File = file;
        Found = found;
        Remedy = remedy;
    }

    /// <summary>The file or folder that was being read.</summary>
    public string File { get; }

    /// <summary>What was found, and what was wanted instead.</summary>
    public string Found { get; }

    /// <summary>What to do about it.</summary>
    public string Remedy { get; }
}
