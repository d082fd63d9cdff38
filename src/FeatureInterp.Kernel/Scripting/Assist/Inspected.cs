using System.Collections.Immutable;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace FeatureInterp.Kernel.Scripting;

/// <summary>What a person means who asks about a place in code.</summary>
internal static class Inspected
{
    /// <summary>The name at or just before the place with its overloads, the chosen one first; in a call's parentheses, what is called.</summary>
    public static ImmutableArray<ISymbol> At(BoundCode bound, int position, CancellationToken token)
    {
        var name = bound.Root.FindToken(position);
        if (!Names(name) || position < name.SpanStart)
        {
            name = CompletionSite.Before(bound.Root, position);
            // Just behind a name is still the name; behind an opening parenthesis the question is about the call.
            if (name.Span.End != position)
                name = default;
        }

        if (Names(name))
        {
            var symbols = OfName(bound.Model, name, token);
            if (!symbols.IsEmpty)
                return symbols;
        }

        for (var node = CompletionSite.Before(bound.Root, position).Parent; node is not null; node = node.Parent)
        {
            if (node is BaseArgumentListSyntax list && list.SpanStart < position && (position < list.Span.End || list.GetLastToken(includeZeroWidth: true).IsMissing))
                return ChosenFirst(bound.Model.GetSymbolInfo(list.Parent!, token), Arguments.Called(bound.Model, list, token));
        }

        return [];
    }

    private static bool Names(SyntaxToken token) => token.IsKind(SyntaxKind.IdentifierToken) || SyntaxFacts.IsPredefinedType(token.Kind()) || token.IsKind(SyntaxKind.NewKeyword);

    private static ImmutableArray<ISymbol> OfName(SemanticModel model, SyntaxToken token, CancellationToken cancel)
    {
        if (token.Parent is not { } node)
            return [];
        if (model.GetDeclaredSymbol(node, cancel) is { } declared && node is not GlobalStatementSyntax and not CompilationUnitSyntax)
            return [declared];
        if (node is ObjectCreationExpressionSyntax or ImplicitObjectCreationExpressionSyntax)
            return ChosenFirst(model.GetSymbolInfo(node, cancel), []);
        // `new Random` asks about the constructors: a type's name alone would not tell what it takes.
        if (node.Parent is ObjectCreationExpressionSyntax { ArgumentList: { } arguments } creation && creation.Type == node)
            return ChosenFirst(model.GetSymbolInfo(creation, cancel), Arguments.Called(model, arguments, cancel));
        var info = model.GetSymbolInfo(node, cancel);
        return ChosenFirst(info, node is ExpressionSyntax ? model.GetMemberGroup(node, cancel) : []);
    }

    private static ImmutableArray<ISymbol> ChosenFirst(SymbolInfo info, ImmutableArray<ISymbol> group)
    {
        var chosen = info.Symbol;
        var others = group.IsDefaultOrEmpty ? info.CandidateSymbols : group;
        return chosen is null ? others : [chosen, .. others.Where(s => !SymbolEqualityComparer.Default.Equals(s.OriginalDefinition, chosen.OriginalDefinition))];
    }
}
