namespace FeatureInterp.Analysis;

/// <summary>An analysis cannot be made of what it was given. The message says why and what to do.</summary>
public sealed class AnalysisException : Exception
{
    /// <summary>Says what is wrong.</summary>
    /// <param name="message">One sentence.</param>
    /// <param name="inner">What was caught, if anything.</param>
    public AnalysisException(string message, Exception? inner = null)
        : base(message, inner)
    {
    }
    /// <summary>Whether the one thing wrong is that a state file is of other work: without the file, the work begins anew.</summary>
    public bool OtherState { get; init; }
}
