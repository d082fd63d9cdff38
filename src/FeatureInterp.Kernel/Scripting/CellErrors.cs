using System.Collections.Immutable;
using System.Diagnostics;
using System.Globalization;
using System.Reflection;
using FeatureInterp.Kernel.Notebooks;
using Microsoft.CodeAnalysis;

namespace FeatureInterp.Kernel.Scripting;

/// <summary>Turns what went wrong in a cell into an error output that points at lines of cells and at nothing else.</summary>
internal static class CellErrors
{
    private const int MaxDiagnostics = 10;
    private const int MaxFrames = 20;

    /// <summary>The error of a kernel line that is not offered or cannot be done.</summary>
    public static CellResult FromDirective(DirectiveProblem problem, string cellName) => Failed(problem.Kind, problem.Message,
        [$"{At(cellName, problem.Line)}: {problem.Message}", .. Shown(problem.Text)]);

    /// <summary>The compiler's errors, each with its source line and a caret under the place.</summary>
    public static CellResult FromDiagnostics(List<Diagnostic> errors, string cellName, string source)
    {
        var lines = source.Split('\n');
        var traceback = new List<string>();
        foreach (var error in errors.OrderBy(e => e.Location.SourceSpan.Start).Take(MaxDiagnostics))
        {
            var start = error.Location.GetLineSpan().StartLinePosition;
            var message = error.GetMessage(CultureInfo.InvariantCulture);
            if (error.Location.SourceTree?.FilePath is { } file && !string.Equals(file, cellName, StringComparison.Ordinal))
            {
                traceback.Add($"{At(file, start.Line + 1)} (loaded by {cellName}): error {error.Id}: {message}");
                continue;
            }

            traceback.Add(string.Create(CultureInfo.InvariantCulture, $"{At(cellName, start.Line + 1)}, column {start.Character + 1}: error {error.Id}: {message}"));
            if (start.Line < lines.Length)
                traceback.AddRange(Shown(lines[start.Line], start.Character));
        }

        if (errors.Count > MaxDiagnostics)
            traceback.Add(string.Create(CultureInfo.InvariantCulture, $"… and {errors.Count - MaxDiagnostics} more errors"));
        var first = errors.MinBy(e => e.Location.SourceSpan.Start)!;
        return Failed("CompilationError", $"{first.Id}: {first.GetMessage(CultureInfo.InvariantCulture)}", [.. traceback]);
    }

    /// <summary>An exception a cell let out: its message, then the cells' own frames, innermost first.</summary>
    /// <param name="exception">What was thrown.</param>
    /// <param name="sources">Cell name to text, to show the lines.</param>
    public static CellResult FromException(Exception exception, IReadOnlyDictionary<string, string> sources)
    {
        var thrown = Unwrap(exception);
        var traceback = new List<string> { $"{thrown.GetType().Name}: {Message(thrown)}" };
        for (var cause = thrown.InnerException; cause is not null; cause = cause.InnerException)
            traceback.Add($"  caused by {cause.GetType().Name}: {Message(cause)}");
        var frames = new[] { exception, thrown }.Distinct().SelectMany(e => new StackTrace(e, fNeedFileInfo: true).GetFrames());
        foreach (var frame in frames.Reverse().DistinctBy(f => (f.GetFileName(), f.GetFileLineNumber())).Reverse().Take(MaxFrames))
        {
            // The compiler stores a cell's name as a path in the notebook's folder.
            if (Path.GetFileName(frame.GetFileName()) is not { } name || !sources.TryGetValue(name, out var source) || frame.GetFileLineNumber() is not (> 0 and var line))
                continue;
            traceback.Add($"  at {MethodName(frame.GetMethod())}{At(name, line)}");
            if (source.Split('\n') is var lines && line <= lines.Length)
                traceback.AddRange(Shown(lines[line - 1]));
        }

        if (Environment.GetEnvironmentVariable("FEATUREINTERP_DEBUG") is "1")
            traceback.AddRange(exception.ToString().ReplaceLineEndings("\n").Split('\n'));
        return Failed(thrown.GetType().Name, Message(thrown), [.. traceback]);
    }

    private static CellResult Failed(string name, string message, ImmutableArray<string> traceback) =>
        new(CellStatus.Failed, Error: new ErrorOutput(name, message, traceback));

    private static Exception Unwrap(Exception e)
    {
        while (e is TargetInvocationException or TypeInitializationException or AggregateException { InnerExceptions.Count: 1 } && e.InnerException is { } inner)
            e = inner;
        return e;
    }

    // An exception's own text is the cell's code too, and may throw.
    private static string Message(Exception e)
    {
        try
        {
            return e.Message;
        }
        catch (Exception)
        {
            return "(its message could not be read)";
        }
    }

    private static string At(string cellName, int line) => string.Create(CultureInfo.InvariantCulture, $"{cellName}, line {line}");

    private static IEnumerable<string> Shown(string line, int? column = null)
    {
        var text = line.TrimEnd('\r').Replace('\t', ' ');
        yield return "    " + text;
        if (column is { } c && c <= text.Length)
            yield return new string(' ', 4 + c) + "^";
    }

    // Local functions and lambdas carry compiler names such as <<Initialize>>g__F|0_1; only the name between is the user's.
    private static string MethodName(MethodBase? method)
    {
        var name = method?.Name ?? "";
        if (name.IndexOf("g__", StringComparison.Ordinal) is >= 0 and var start && name.IndexOf('|', start) is >= 0 and var end)
            name = name[(start + 3)..end];
        return name.Length == 0 || name.Contains('<', StringComparison.Ordinal) || name is "MoveNext" or "Main" ? "" : $"{name}, ";
    }
}
