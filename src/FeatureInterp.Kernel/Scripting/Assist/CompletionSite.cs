using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace FeatureInterp.Kernel.Scripting;

/// <summary>A place in code where a name could stand.</summary>
/// <param name="Start">Where the name begins.</param>
/// <param name="Prefix">What of it is written.</param>
/// <param name="Left">The token before it, of kind None at the text's begin.</param>
/// <param name="Container">What stands before a dot, or null when no dot does.</param>
internal sealed record CompletionSite(int Start, string Prefix, SyntaxToken Left, ExpressionSyntax? Container)
{
    /// <summary>Whether only types and namespaces fit, as after <c>new</c> or in a <c>using</c>.</summary>
    public bool WantsType => Left.IsKind(SyntaxKind.NewKeyword)
        || Left.Parent?.FirstAncestorOrSelf<UsingDirectiveSyntax>() is not null
        || Left.Parent is TypeArgumentListSyntax or BaseListSyntax;

    /// <summary>The initializer whose members are being named, as in <c>new() { | }</c>, or null.</summary>
    public InitializerExpressionSyntax? Initializer => Left.Kind() is SyntaxKind.OpenBraceToken or SyntaxKind.CommaToken
        && Left.Parent is InitializerExpressionSyntax { RawKind: (int)SyntaxKind.ObjectInitializerExpression or (int)SyntaxKind.CollectionInitializerExpression or (int)SyntaxKind.WithInitializerExpression } initializer ? initializer : null;

    /// <summary>Finds the site at the end of a text; null inside strings, comments, numbers and directives.</summary>
    public static CompletionSite? Find(SyntaxNode root, int position)
    {
        var text = root.SyntaxTree.GetText();
        var start = position;
        while (start > 0 && SyntaxFacts.IsIdentifierPartCharacter(text[start - 1]))
            start--;
        if (start < position && !SyntaxFacts.IsIdentifierStartCharacter(text[start]))
            return null;
        if (IsInText(root, start))
            return null;
        var left = Before(root, start);
        var container = left.IsKind(SyntaxKind.DotToken) ? BeforeDot(left) : null;
        var before = start;
        while (before > 0 && char.IsWhiteSpace(text[before - 1]))
            before--;
        if (before > 0 && text[before - 1] == '.' && container is null && !left.IsKind(SyntaxKind.DotDotToken))
            return null;
        return new CompletionSite(start, text.ToString(new(start, position - start)), left, container);
    }

    /// <summary>The token that ends at or before a place.</summary>
    public static SyntaxToken Before(SyntaxNode root, int place)
    {
        var token = root.FindToken(place);
        while (token.RawKind != 0 && (token.SpanStart >= place || token.Span.Length == 0))
            token = token.GetPreviousToken();
        return token;
    }

    private static ExpressionSyntax? BeforeDot(SyntaxToken dot) => dot.Parent switch
    {
        MemberAccessExpressionSyntax access => access.Expression,
        QualifiedNameSyntax name => name.Left,
        MemberBindingExpressionSyntax binding => binding.FirstAncestorOrSelf<ConditionalAccessExpressionSyntax>()?.Expression,
        _ => null,
    };

    private static bool IsInText(SyntaxNode root, int place)
    {
        if (place == 0)
            return false;
        var trivia = root.FindTrivia(place - 1);
        switch (trivia.Kind())
        {
            case SyntaxKind.SingleLineCommentTrivia or SyntaxKind.SingleLineDocumentationCommentTrivia or SyntaxKind.MultiLineDocumentationCommentTrivia:
                return true;
            case SyntaxKind.MultiLineCommentTrivia:
                return place < trivia.Span.End || !trivia.ToString().EndsWith("*/", StringComparison.Ordinal);
        }

        var text = root.SyntaxTree.GetText();
        if (text.Lines.GetLineFromPosition(place).ToString().TrimStart().StartsWith('#') || trivia.IsKind(SyntaxKind.DisabledTextTrivia))
            return true;
        var token = root.FindToken(place - 1);
        var inside = token.SpanStart < place && (place < token.Span.End || token.ContainsDiagnostics);
        return token.Kind() switch
        {
            SyntaxKind.NumericLiteralToken => token.Span.End >= place,
            SyntaxKind.StringLiteralToken or SyntaxKind.CharacterLiteralToken or SyntaxKind.SingleLineRawStringLiteralToken or SyntaxKind.MultiLineRawStringLiteralToken
                or SyntaxKind.Utf8StringLiteralToken or SyntaxKind.Utf8SingleLineRawStringLiteralToken or SyntaxKind.Utf8MultiLineRawStringLiteralToken => inside,
            SyntaxKind.InterpolatedStringTextToken => true,
            SyntaxKind.InterpolatedStringStartToken or SyntaxKind.InterpolatedVerbatimStringStartToken => true,
            _ => false,
        };
    }
}
