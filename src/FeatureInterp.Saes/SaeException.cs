namespace FeatureInterp.Saes;

/// <summary>A sparse autoencoder cannot be loaded, or does not fit where it is put. The message says why and what to do.</summary>
public sealed class SaeException : Exception
{
    /// <summary>Says what is wrong.</summary>
    /// <param name="message">One sentence.</param>
    /// <param name="inner">What was caught, if anything.</param>
    public SaeException(string message, Exception? inner = null)
        : base(message, inner)
    {
    }
    /// <summary>Whether the one thing wrong is that a state file is of other work: without the file, the work begins anew.</summary>
    public bool OtherState { get; init; }
}
