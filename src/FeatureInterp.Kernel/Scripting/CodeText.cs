using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace FeatureInterp.Kernel.Scripting;

/// <summary>Where C# is text: a line inside a string, a comment or a part left out by <c>#if</c> is not for the kernel, whatever it looks like.</summary>
internal static class CodeText
{
    /// <summary>The indices of lines that begin inside such text, when C# starts at line <paramref name="start"/>.</summary>
    public static HashSet<int> LinesInside(string[] lines, int start)
    {
        var root = CSharpSyntaxTree.ParseText(string.Join('\n', lines.Skip(start)), CSharpSession.ParseOptions).GetRoot();
        var spans = root.DescendantTokens()
            .Where(t => t.Kind() is SyntaxKind.MultiLineRawStringLiteralToken or SyntaxKind.StringLiteralToken
                or SyntaxKind.Utf8MultiLineRawStringLiteralToken or SyntaxKind.InterpolatedStringTextToken)
            .Select(t => t.GetLocation().GetLineSpan())
            .Concat(root.DescendantTrivia()
                .Where(t => t.Kind() is SyntaxKind.MultiLineCommentTrivia or SyntaxKind.DisabledTextTrivia
                    || t.GetStructure() is DirectiveTriviaSyntax { IsActive: false } and not (EndIfDirectiveTriviaSyntax or ElseDirectiveTriviaSyntax or ElifDirectiveTriviaSyntax))
                .Select(t => t.GetLocation().GetLineSpan()));
        return [.. spans.SelectMany(s => Enumerable.Range(s.StartLinePosition.Line, s.EndLinePosition.Line - s.StartLinePosition.Line + (s.EndLinePosition.Character > 0 ? 1 : 0))).Select(i => i + start)];
    }
}
