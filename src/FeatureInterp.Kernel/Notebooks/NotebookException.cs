namespace FeatureInterp.Kernel.Notebooks;

/// <summary>A notebook that cannot be read, run or written as asked: one sentence says what was found, where, and what to do.</summary>
public sealed class NotebookException : Exception
{
    /// <summary>An error with the sentence to show.</summary>
    public NotebookException(string message) : base(message) { }

    /// <summary>An error with the sentence to show and what caused it.</summary>
    public NotebookException(string message, Exception inner) : base(message, inner) { }
}
