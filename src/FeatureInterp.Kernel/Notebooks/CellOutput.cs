using System.Collections.Immutable;
using System.Text.Json;

namespace FeatureInterp.Kernel.Notebooks;

/// <summary>Something a cell put out. The four kinds are those of nbformat 4.5.</summary>
public abstract record CellOutput
{
    /// <summary>What an .ipynb says of the output beyond the members here (<c>metadata</c>, members unknown here), kept as it was found.</summary>
    public ImmutableSortedDictionary<string, JsonElement> Extra { get; init; } = NotebookJson.None;
}

/// <summary>Which of the two text streams.</summary>
public enum StandardStream
{
    /// <summary>What a cell writes with <c>Console.Out</c>.</summary>
    Output,

    /// <summary>What a cell writes with <c>Console.Error</c>.</summary>
    Error,
}

/// <summary>Text a cell wrote to a stream; neighbouring writes are one output.</summary>
/// <param name="Stream">Which stream.</param>
/// <param name="Text">What was written.</param>
public sealed record StreamOutput(StandardStream Stream, string Text) : CellOutput;

/// <summary>A value shown with <c>display(x)</c> or <c>x.Display()</c>.</summary>
/// <param name="Data">The value in each MIME type.</param>
/// <param name="DisplayId">What an update names; lives only as long as the session and is not stored.</param>
public sealed record DisplayOutput(MimeBundle Data, string DisplayId) : CellOutput;

/// <summary>The value of a cell's trailing expression.</summary>
/// <param name="Data">The value in each MIME type.</param>
public sealed record ResultOutput(MimeBundle Data) : CellOutput;

/// <summary>Why a cell failed.</summary>
/// <param name="Name">The kind: an exception's type name, <c>CompilationError</c>, <c>Cancelled</c>.</param>
/// <param name="Message">One sentence.</param>
/// <param name="Traceback">Where in the notebook, with the source lines; never empty.</param>
public sealed record ErrorOutput(string Name, string Message, ImmutableArray<string> Traceback) : CellOutput;

/// <summary>An output of a kind or shape not known here, kept as it was found.</summary>
/// <param name="Json">The output, as its file has it.</param>
public sealed record UnknownOutput(JsonElement Json) : CellOutput;
