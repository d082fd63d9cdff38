using System.Collections.Immutable;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;

namespace FeatureInterp.Kernel.Scripting;

/// <summary>A name that could stand at a site.</summary>
/// <param name="Name">The name.</param>
/// <param name="Symbol">What it means, the first of its overloads.</param>
/// <param name="Overloads">How many there are.</param>
internal sealed record Candidate(string Name, ISymbol Symbol, int Overloads);

/// <summary>The names the compiler would accept at a site.</summary>
internal static class Candidates
{
    /// <summary>All of them, by name once.</summary>
    public static IEnumerable<Candidate> Of(BoundCode bound, CompletionSite site, CancellationToken token) =>
        Lookup(bound.Model, site, token)
            .Where(s => s.CanBeReferencedByName && !IsHidden(s))
            .GroupBy(s => s.Name, StringComparer.Ordinal)
            .Select(named => new Candidate(Spelled(named.Key), named.First(), named.Count()));

    private static ImmutableArray<ISymbol> Lookup(SemanticModel model, CompletionSite site, CancellationToken token)
    {
        if (site.Initializer is { } initializer)
            return Settable(model, initializer, site.Start, token);
        if (site.Container is null)
            return site.WantsType ? model.LookupNamespacesAndTypes(site.Start) : model.LookupSymbols(site.Start);

        if (site.Container.IsKind(SyntaxKind.BaseExpression))
            return model.LookupBaseMembers(site.Start);
        if (model.GetSymbolInfo(site.Container, token).Symbol is INamespaceOrTypeSymbol type)
            return type is INamespaceSymbol || site.WantsType
                ? model.LookupNamespacesAndTypes(site.Start, type)
                : [.. model.LookupSymbols(site.Start, type).Where(s => s.IsStatic || s is ITypeSymbol || s is IFieldSymbol { IsConst: true })];
        return model.GetTypeInfo(site.Container, token).Type is { TypeKind: not TypeKind.Error } value
            ? [.. model.LookupSymbols(site.Start, value, includeReducedExtensionMethods: true).Where(s => s is not ITypeSymbol && (!s.IsStatic || s is IMethodSymbol { ReducedFrom: not null }))]
            : [];
    }

    private static ImmutableArray<ISymbol> Settable(SemanticModel model, SyntaxNode initializer, int place, CancellationToken token)
    {
        var type = initializer.Parent is { } creation ? model.GetTypeInfo(creation, token) is { Type: { TypeKind: not TypeKind.Error } t } ? t : model.GetTypeInfo(creation, token).ConvertedType : null;
        return type is null ? [] : [.. model.LookupSymbols(place, type).Where(s => s is IPropertySymbol { SetMethod: not null, IsStatic: false } or IFieldSymbol { IsReadOnly: false, IsStatic: false })];
    }

    // What a library's author hides from editors, and what scripting itself puts into scope.
    private static bool IsHidden(ISymbol symbol) => symbol.Name is "" or "<Initialize>" || symbol.Name.Contains('<', StringComparison.Ordinal)
        || symbol.GetAttributes().Any(a => a.AttributeClass?.Name is "EditorBrowsableAttribute" && a.ConstructorArguments is [{ Value: 1 }]);

    private static string Spelled(string name) => SyntaxFacts.GetKeywordKind(name) == SyntaxKind.None ? name : "@" + name;
}
