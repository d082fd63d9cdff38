using System.Collections.Immutable;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace FeatureInterp.Kernel.Scripting;

/// <summary>What those parts of a cell name that may still run when the cell is over: methods, lambdas, queries and types.</summary>
internal static class OutlivingNames
{
    /// <summary>The names, whatever they mean there.</summary>
    /// <param name="cell">The cell's code.</param>
    /// <param name="everything">Whether all of it may still run.</param>
    public static ImmutableHashSet<string> Of(CSharpCompilation cell, bool everything) =>
        [.. cell.SyntaxTrees.SelectMany(t => Identifiers(t.GetRoot(), everything)).Select(i => i.Identifier.ValueText)];

    /// <summary>Whether one of these names means a certain variable.</summary>
    /// <param name="cell">The cell's code.</param>
    /// <param name="owner">The class of the cell that declared the variable.</param>
    /// <param name="variable">Its name.</param>
    /// <param name="everything">Whether all of <paramref name="cell"/> may still run.</param>
    public static bool Refers(CSharpCompilation cell, string owner, string variable, bool everything)
    {
        foreach (var tree in cell.SyntaxTrees)
        {
            var model = cell.GetSemanticModel(tree);
            foreach (var identifier in Identifiers(tree.GetRoot(), everything).Where(i => string.Equals(i.Identifier.ValueText, variable, StringComparison.Ordinal)))
            {
                var symbol = model.GetSymbolInfo(identifier).Symbol;
                // A name that cannot be told counts as the variable.
                if (symbol is null || symbol is IFieldSymbol field && string.Equals(field.ContainingType.Name, owner, StringComparison.Ordinal))
                    return true;
            }
        }

        return false;
    }

    private static IEnumerable<IdentifierNameSyntax> Identifiers(SyntaxNode root, bool everything)
    {
        if (everything)
            return root.DescendantNodes().OfType<IdentifierNameSyntax>();
        return root.DescendantNodes(n => !Outlives(n)).Where(Outlives).SelectMany(n => n.DescendantNodes().OfType<IdentifierNameSyntax>());
    }

    private static bool Outlives(SyntaxNode node) => node is AnonymousFunctionExpressionSyntax or LocalFunctionStatementSyntax or QueryExpressionSyntax
        or BaseMethodDeclarationSyntax or BasePropertyDeclarationSyntax or BaseTypeDeclarationSyntax or RefExpressionSyntax;
}
