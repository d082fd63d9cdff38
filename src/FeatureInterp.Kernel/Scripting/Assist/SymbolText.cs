using System.Globalization;
using Microsoft.CodeAnalysis;

namespace FeatureInterp.Kernel.Scripting;

/// <summary>How symbols are named to people.</summary>
internal static class SymbolText
{
    private static readonly SymbolDisplayFormat Full = new(
        globalNamespaceStyle: SymbolDisplayGlobalNamespaceStyle.Omitted,
        typeQualificationStyle: SymbolDisplayTypeQualificationStyle.NameOnly,
        genericsOptions: SymbolDisplayGenericsOptions.IncludeTypeParameters | SymbolDisplayGenericsOptions.IncludeTypeConstraints | SymbolDisplayGenericsOptions.IncludeVariance,
        memberOptions: SymbolDisplayMemberOptions.IncludeParameters | SymbolDisplayMemberOptions.IncludeContainingType | SymbolDisplayMemberOptions.IncludeType | SymbolDisplayMemberOptions.IncludeRef
            | SymbolDisplayMemberOptions.IncludeConstantValue | SymbolDisplayMemberOptions.IncludeModifiers,
        parameterOptions: SymbolDisplayParameterOptions.IncludeType | SymbolDisplayParameterOptions.IncludeName | SymbolDisplayParameterOptions.IncludeDefaultValue | SymbolDisplayParameterOptions.IncludeParamsRefOut
            | SymbolDisplayParameterOptions.IncludeExtensionThis,
        localOptions: SymbolDisplayLocalOptions.IncludeType | SymbolDisplayLocalOptions.IncludeConstantValue,
        propertyStyle: SymbolDisplayPropertyStyle.ShowReadWriteDescriptor,
        kindOptions: SymbolDisplayKindOptions.IncludeTypeKeyword | SymbolDisplayKindOptions.IncludeNamespaceKeyword,
        delegateStyle: SymbolDisplayDelegateStyle.NameAndSignature,
        miscellaneousOptions: SymbolDisplayMiscellaneousOptions.UseSpecialTypes | SymbolDisplayMiscellaneousOptions.IncludeNullableReferenceTypeModifier | SymbolDisplayMiscellaneousOptions.EscapeKeywordIdentifiers);

    private static readonly SymbolDisplayFormat Tail = Full
        .WithMemberOptions(SymbolDisplayMemberOptions.IncludeParameters)
        .WithKindOptions(SymbolDisplayKindOptions.None);

    /// <summary>Jupyter's word for the kind of thing.</summary>
    public static string Kind(ISymbol symbol) => symbol switch
    {
        INamespaceSymbol => "module",
        INamedTypeSymbol { TypeKind: TypeKind.Enum } => "enum",
        INamedTypeSymbol { TypeKind: TypeKind.Struct } => "struct",
        INamedTypeSymbol { TypeKind: TypeKind.Interface } => "interface",
        INamedTypeSymbol { TypeKind: TypeKind.Delegate } => "function",
        ITypeSymbol => "class",
        IMethodSymbol => "function",
        IPropertySymbol => "property",
        IEventSymbol => "event",
        _ => "instance",
    };

    /// <summary>What a completion list shows behind the name: parameters and type.</summary>
    public static string? Short(ISymbol symbol, int overloads) => symbol switch
    {
        IMethodSymbol method => string.Create(CultureInfo.InvariantCulture,
            $"({string.Join(", ", method.Parameters.Select(p => $"{Type(p.Type)} {p.Name}"))}) → {Type(method.ReturnType)}{(overloads > 1 ? $" (+{overloads - 1})" : "")}"),
        IPropertySymbol property => Type(property.Type),
        IFieldSymbol { ContainingType.TypeKind: TypeKind.Enum } => null,
        IFieldSymbol field => Type(field.Type),
        ILocalSymbol local => Type(local.Type),
        IParameterSymbol parameter => Type(parameter.Type),
        IRangeVariableSymbol => "range variable",
        _ => null,
    };

    /// <summary>A type's name.</summary>
    public static string Type(ITypeSymbol type) => type.ToDisplayString(SymbolDisplayFormat.MinimallyQualifiedFormat);

    /// <summary>A declaration on one line.</summary>
    public static string Declaration(ISymbol symbol) => symbol switch
    {
        IFieldSymbol { ContainingType.IsScriptClass: true } field => $"{Type(field.Type)} {field.Name}",
        IMethodSymbol { ContainingType.IsScriptClass: true } method => $"{Type(method.ReturnType)} {method.ToDisplayString(Tail)}",
        INamespaceSymbol name => $"namespace {name.ToDisplayString()}",
        INamedTypeSymbol { TypeKind: not TypeKind.Delegate } type => $"{type.ToDisplayString(Full)}{(type.ContainingNamespace is { IsGlobalNamespace: false } home ? $" (in {home.ToDisplayString()})" : "")}",
        _ => symbol.ToDisplayString(Full),
    };
}
