using System.Collections.Immutable;
using System.Text.RegularExpressions;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;

namespace FeatureInterp.Kernel.Scripting;

/// <summary>A cell's text without the lines that are for the kernel and not for the compiler.</summary>
/// <param name="Code">C# with the kernel's lines blanked, so that line numbers stay.</param>
/// <param name="Time">Whether <c>#!time</c> was asked for.</param>
/// <param name="Problem">The first line that asks for something not offered, or null.</param>
internal sealed partial record CellDirectives(string Code, bool Time, DirectiveProblem? Problem)
{
    private const string Offered = "this kernel knows #!time, #r \"path.dll\" and C#";

    /// <summary>Splits the directives from the code.</summary>
    public static CellDirectives Parse(string source)
    {
        var lines = source.Split('\n');
        if (!lines.Any(IsDirective))
            return new(source, false, null);

        // A line inside a multi-line string is text, whatever it looks like.
        var inString = LinesInsideStrings(source);
        var time = false;
        DirectiveProblem? problem = null;
        for (var i = 0; i < lines.Length; i++)
        {
            if (!IsDirective(lines[i]) || inString.Contains(i))
                continue;
            var text = lines[i].Trim();
            if (string.Equals(text, "#!time", StringComparison.Ordinal))
                time = true;
            else if (text is not ("#!csharp" or "#!c#" or "#!C#"))
                problem ??= new DirectiveProblem(i + 1, text, Explain(text));
            lines[i] = "";
        }

        return new(string.Join('\n', lines), time, problem);
    }

    private static bool IsDirective(string line)
    {
        var text = line.AsSpan().TrimStart();
        return text.StartsWith("#!", StringComparison.Ordinal) || text.StartsWith("#i", StringComparison.Ordinal) && Feed().IsMatch(text) || Package().IsMatch(text);
    }

    private static string Explain(string text) => text switch
    {
        _ when Package().IsMatch(text) || Feed().IsMatch(text) =>
            $"{text}: packages cannot be fetched here yet; reference the file itself with #r \"path.dll\".",
        _ => $"{text.Split(' ')[0]} is not supported: {Offered}.",
    };

    private static ImmutableHashSet<int> LinesInsideStrings(string source)
    {
        var tree = CSharpSyntaxTree.ParseText(source, CSharpSession.ParseOptions);
        return
        [
            .. tree.GetRoot().DescendantTokens()
                .Where(t => t.Kind() is SyntaxKind.MultiLineRawStringLiteralToken or SyntaxKind.StringLiteralToken
                    or SyntaxKind.Utf8MultiLineRawStringLiteralToken or SyntaxKind.InterpolatedStringTextToken)
                .Select(t => t.GetLocation().GetLineSpan())
                .SelectMany(s => Enumerable.Range(s.StartLinePosition.Line, s.EndLinePosition.Line - s.StartLinePosition.Line + 1)),
        ];
    }

    [GeneratedRegex("^\\s*#r\\s+\"\\s*nuget\\s*:", RegexOptions.CultureInvariant, 1000)]
    private static partial Regex Package();

    [GeneratedRegex("^\\s*#i\\s+\"", RegexOptions.CultureInvariant, 1000)]
    private static partial Regex Feed();
}

/// <summary>A line of a cell that asks for something not offered.</summary>
/// <param name="Line">The line in the cell, from 1.</param>
/// <param name="Text">The line.</param>
/// <param name="Message">One sentence saying so.</param>
internal sealed record DirectiveProblem(int Line, string Text, string Message);
