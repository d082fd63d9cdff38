using System.Text.RegularExpressions;
using FeatureInterp.Kernel.Scripting;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace FeatureInterp.Kernel.Notebooks;

/// <summary>
/// The text of a C# cell between notebook and C# file. Lines that a file cannot have where they stand (<c>#r</c>, <c>#!…</c>, usings)
/// become comments <c>//%% …</c>, with what they ask for put into the file's head; a trailing expression is printed.
/// </summary>
internal static partial class CSharpCellText
{
    private const string Aside = "//%% ";
    private const string Show = "/*%%*/";
    private const string ShowStart = "Console.WriteLine(" + Show;
    private const string ShowEnd = Show + ");";

    /// <summary>A cell as part of a file.</summary>
    /// <param name="source">The cell.</param>
    /// <param name="head">Takes the lines for the file's head.</param>
    public static string ToFile(string source, SortedSet<string> head)
    {
        var text = source.Contains(Show, StringComparison.Ordinal) ? source : ShowTrailing(source);
        var usings = Usings(text);
        return string.Join('\n', text.Split('\n').Select((line, i) =>
        {
            if (Package().Match(line) is { Success: true } package)
                head.Add(package.Groups["version"] is { Length: > 0 } version ? $"#:package {package.Groups["id"].Value}@{version.Value}" : $"#:package {package.Groups["id"].Value}");
            else if (usings.Contains(i))
                head.Add(line.Trim());
            else if (!Directive().IsMatch(line) && !Marked().IsMatch(line) && !(ReferenceEquals(text, source) && line.Contains(Show, StringComparison.Ordinal)))
                return line;
            return Aside + line;
        }));
    }

    /// <summary>The cell that <see cref="ToFile"/> wrote.</summary>
    public static string FromFile(string text)
    {
        var lines = text.Split('\n');
        var source = string.Join('\n', lines.Select(l => l.StartsWith(Aside, StringComparison.Ordinal) ? l[Aside.Length..] : l));
        if (lines.Any(l => l.StartsWith(Aside, StringComparison.Ordinal) && l.Contains(Show, StringComparison.Ordinal)))
            return source.Trim('\n');
        var (start, end) = (source.LastIndexOf(ShowStart, StringComparison.Ordinal), source.LastIndexOf(ShowEnd, StringComparison.Ordinal));
        return (start < 0 || end < start ? source
            : source[..start] + source[(start + ShowStart.Length)..end] + source[(end + ShowEnd.Length)..]).Trim('\n');
    }

    /// <summary>A cell from a C# file that was never a notebook: its packages become <c>#r "nuget: …"</c>.</summary>
    public static string FromPlainFile(string text) => string.Join('\n', text.Split('\n')
        .Where((l, i) => i > 0 || !l.StartsWith("#!", StringComparison.Ordinal))
        .Select(l => FilePackage().Match(l) is { Success: true } m ? $"#r \"nuget: {m.Groups["id"].Value}{(m.Groups["version"].Success ? ", " + m.Groups["version"].Value : "")}\"" : l)).Trim('\n');

    private static string ShowTrailing(string source)
    {
        var root = CSharpSyntaxTree.ParseText(source, CSharpSession.ParseOptions).GetCompilationUnitRoot();
        return root.Members.LastOrDefault() is GlobalStatementSyntax { Statement: ExpressionStatementSyntax { SemicolonToken.IsMissing: true, Expression: { } expression } } && !expression.ContainsDiagnostics
            ? source[..expression.SpanStart] + ShowStart + source[expression.SpanStart..expression.Span.End] + ShowEnd + source[expression.Span.End..] : source;
    }

    // Lines that hold one using directive and nothing else.
    private static HashSet<int> Usings(string source)
    {
        var tree = CSharpSyntaxTree.ParseText(source, CSharpSession.ParseOptions);
        var lines = source.Split('\n');
        return
        [
            .. tree.GetCompilationUnitRoot().Usings.Select(u => (Span: tree.GetLineSpan(u.Span), Text: u.ToString()))
                .Where(u => u.Span.StartLinePosition.Line == u.Span.EndLinePosition.Line && u.Span.StartLinePosition.Line < lines.Length && lines[u.Span.StartLinePosition.Line].Trim() == u.Text)
                .Select(u => u.Span.StartLinePosition.Line),
        ];
    }

    [GeneratedRegex("^\\s*#r\\s+\"\\s*nuget:\\s*(?<id>[\\w.-]+)\\s*(,\\s*(?<version>[\\w.*+-]+)\\s*)?\"\\s*$", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture, 5000)]
    private static partial Regex Package();

    [GeneratedRegex("^\\s*#([ri]\\s+\"|load\\s|!)", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture, 5000)]
    private static partial Regex Directive();

    [GeneratedRegex("^//( %%|%% )", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture, 5000)]
    private static partial Regex Marked();

    [GeneratedRegex("^#:package\\s+(?<id>[\\w.-]+)(@(?<version>[\\w.*+-]+))?\\s*$", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture, 5000)]
    private static partial Regex FilePackage();
}
