using System.Collections.Immutable;
using FeatureInterp.Kernel.Notebooks;

namespace FeatureInterp.Kernel.Scripting;

/// <summary>What an editor asks about code that is being written, in the light of the cells run so far. Positions count UTF-16 units.</summary>
public interface ICodeAssistant
{
    /// <summary>What could stand at a position.</summary>
    /// <param name="code">A cell's text, as far as it is written.</param>
    /// <param name="position">The cursor, from 0 to the text's length.</param>
    /// <param name="token">Ends the search.</param>
    CompletionList Complete(string code, int position, CancellationToken token);

    /// <summary>What is known about the name at a position, or null.</summary>
    /// <param name="code">A cell's text.</param>
    /// <param name="position">A place in or just after the name, from 0 to the text's length.</param>
    /// <param name="detail">0 for a signature and summary, 1 for all there is.</param>
    /// <param name="token">Ends the search.</param>
    Inspection? Inspect(string code, int position, int detail, CancellationToken token);

    /// <summary>Whether a text could be run as it stands: what a console asks when Enter is pressed.</summary>
    /// <param name="code">A cell's text.</param>
    CompletenessStatus IsComplete(string code);
}

/// <summary>What could replace a part of a text.</summary>
/// <param name="Start">Where the part begins.</param>
/// <param name="End">Where it ends, exclusive.</param>
/// <param name="Items">What could stand there, best first.</param>
public sealed record CompletionList(int Start, int End, ImmutableArray<CompletionItem> Items)
{
    /// <summary>Nothing fits at <paramref name="position"/>.</summary>
    public static CompletionList None(int position) => new(position, position, []);
}

/// <summary>Something that could stand at the cursor.</summary>
/// <param name="Text">What is put in.</param>
/// <param name="Kind">What it is, as Jupyter's front ends name it: <c>class</c>, <c>function</c>, <c>property</c>, <c>instance</c>, <c>keyword</c>, <c>module</c>, …</param>
/// <param name="Signature">Parameters or type, for a second column; null when there is nothing to say.</param>
public sealed record CompletionItem(string Text, string Kind, string? Signature = null);

/// <summary>What is known about a name.</summary>
/// <param name="Data">In plain text at least.</param>
public sealed record Inspection(MimeBundle Data);

/// <summary>Whether code can be run as it stands.</summary>
public enum CompletenessStatus
{
    /// <summary>It can.</summary>
    Complete,

    /// <summary>Something must follow, such as a closing brace.</summary>
    Incomplete,

    /// <summary>Nothing that follows would mend it.</summary>
    Invalid,
}
