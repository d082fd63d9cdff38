using System.Collections.Immutable;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;

namespace FeatureInterp.Kernel.Scripting;

/// <summary>The words of the language itself.</summary>
internal static class Keywords
{
    private static readonly ImmutableArray<string> All =
    [
        .. SyntaxFacts.GetReservedKeywordKinds().Select(SyntaxFacts.GetText).Where(k => k.Length > 1 && !k.StartsWith("__", StringComparison.Ordinal)),
        "async", "await", "dynamic", "from", "global", "init", "nameof", "not", "and", "or", "orderby", "partial", "record", "required", "select", "var", "when", "where", "with", "yield",
    ];

    private static readonly ImmutableArray<string> Types = [.. All.Where(k => SyntaxFacts.IsPredefinedType(SyntaxFacts.GetKeywordKind(k)) && k is not "void")];

    /// <summary>Those worth offering at a site: none where only a type or a member's name fits.</summary>
    public static ImmutableArray<string> At(CompletionSite site) =>
        site.Prefix.Length == 0 || site.Initializer is not null ? [] : site.WantsType && !site.Left.IsKind(SyntaxKind.UsingKeyword) ? Types : All;
}
