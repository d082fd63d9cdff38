using FeatureInterp.Kernel.Scripting.Magics;

namespace FeatureInterp.Kernel.Scripting;

/// <summary>A part of a cell, done after the parts above it.</summary>
internal abstract record CellStep;

/// <summary>C#.</summary>
/// <param name="Code">The code, with empty lines above it so that line numbers are the cell's.</param>
internal sealed record CodeStep(string Code) : CellStep;

/// <summary>A kernel line.</summary>
/// <param name="Magic">What it asks for.</param>
/// <param name="Line">The line, taken apart.</param>
/// <param name="Number">The line's number in the cell, from 1.</param>
/// <param name="Source">The line as written.</param>
/// <param name="Text">The lines under it that belong to it.</param>
internal sealed record MagicStep(IMagic Magic, MagicLine Line, int Number, string Source, string Text) : CellStep;

/// <summary>Lines that are shown, not run.</summary>
/// <param name="Kernel">What they are: <c>html</c>, <c>javascript</c>, <c>markdown</c> or <c>mermaid</c>.</param>
/// <param name="Text">The lines.</param>
internal sealed record ContentStep(string Kernel, string Text) : CellStep;

/// <summary>A line that adds a package or a feed.</summary>
/// <param name="Number">The line's number in the cell, from 1.</param>
/// <param name="Source">The line as written.</param>
/// <param name="IsFeed">Whether it is <c>#i</c> and not <c>#r</c>.</param>
/// <param name="Argument">What stands between the quotes, after <c>nuget:</c>.</param>
internal sealed record PackageLine(int Number, string Source, bool IsFeed, string Argument);

/// <summary>A line of a cell that asks for something not offered, or is written wrongly.</summary>
/// <param name="Line">The line in the cell, from 1.</param>
/// <param name="Text">The line.</param>
/// <param name="Message">One sentence saying so.</param>
/// <param name="Kind">The error's name.</param>
internal sealed record DirectiveProblem(int Line, string Text, string Message, string Kind = DirectiveProblem.NotOffered)
{
    /// <summary>What is asked for is not offered.</summary>
    public const string NotOffered = "UnsupportedDirective";

    /// <summary>What is asked for cannot be done as written.</summary>
    public const string Wrong = "DirectiveError";

    /// <summary>A package cannot be had.</summary>
    public const string Package = "PackageError";
}
