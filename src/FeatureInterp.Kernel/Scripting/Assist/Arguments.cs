using System.Collections.Immutable;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace FeatureInterp.Kernel.Scripting;

/// <summary>What is known of a call that is being written.</summary>
internal static class Arguments
{
    /// <summary>Names of parameters that could be given next: <c>strength:</c>.</summary>
    public static IEnumerable<CompletionItem> Named(BoundCode bound, CompletionSite site, CancellationToken token)
    {
        if (site.Left.Parent is not BaseArgumentListSyntax list || site.Left.Kind() is not (SyntaxKind.OpenParenToken or SyntaxKind.CommaToken or SyntaxKind.OpenBracketToken))
            return [];
        var given = list.Arguments.Select(a => a.NameColon?.Name.Identifier.ValueText).ToHashSet(StringComparer.Ordinal);
        return from parameter in Called(bound.Model, list, token).OfType<IMethodSymbol>().SelectMany(m => m.Parameters).DistinctBy(p => p.Name, StringComparer.Ordinal)
               where parameter.Name.Length > 0 && !given.Contains(parameter.Name)
               select new CompletionItem(parameter.Name + ":", "param", SymbolText.Type(parameter.Type));
    }

    /// <summary>What a list of arguments is given to, all overloads.</summary>
    public static ImmutableArray<ISymbol> Called(SemanticModel model, SyntaxNode list, CancellationToken token) => list.Parent switch
    {
        InvocationExpressionSyntax call => Overloads(model, call.Expression, token),
        BaseObjectCreationExpressionSyntax creation => (model.GetTypeInfo(creation, token) is var info && info.Type is INamedTypeSymbol { TypeKind: not TypeKind.Error } type ? type : info.ConvertedType as INamedTypeSymbol) is { } made
            ? [.. made.InstanceConstructors.Where(c => c.DeclaredAccessibility == Accessibility.Public)] : [],
        ElementAccessExpressionSyntax access => model.GetTypeInfo(access.Expression, token).Type is { } type ? [.. type.GetMembers().OfType<IPropertySymbol>().Where(p => p.IsIndexer)] : [],
        _ => [],
    };

    private static ImmutableArray<ISymbol> Overloads(SemanticModel model, ExpressionSyntax callee, CancellationToken token)
    {
        var group = model.GetMemberGroup(callee, token);
        if (!group.IsEmpty)
            return group;
        return model.GetTypeInfo(callee, token).Type is INamedTypeSymbol { DelegateInvokeMethod: { } invoke } ? [invoke] : [];
    }
}
