using System.Xml;
using System.Xml.Linq;
using Microsoft.CodeAnalysis;

namespace FeatureInterp.Kernel.Scripting;

/// <summary>
/// The documentation comment of a symbol, read from the XML file beside its assembly. Elements are those of the C# language's
/// recommended tags; <c>inheritdoc</c> follows the overridden or implemented member, or its <c>cref</c>'s words when it names one.
/// </summary>
internal sealed class Documentation
{
    private const int MostInherited = 8;
    private static readonly Documentation None = new(new XElement("member"));

    private readonly XElement _member;

    private Documentation(XElement member) => _member = member;

    /// <summary>Reads it; empty where there is none.</summary>
    public static Documentation Of(ISymbol symbol, CancellationToken token)
    {
        ISymbol? next = symbol is IMethodSymbol { ReducedFrom: { } extension } ? extension : symbol;
        for (var depth = 0; next is not null && depth < MostInherited; depth++)
        {
            if (Parse(next.OriginalDefinition.GetDocumentationCommentXml(expandIncludes: false, cancellationToken: token)) is not { } member)
                return None;
            if (member.Element("inheritdoc") is null)
                return new Documentation(member);
            next = Inherited(next);
        }

        return None;
    }

    /// <summary>Titles (none for the summary) and texts in reading order; only the summary unless <paramref name="whole"/>.</summary>
    public IEnumerable<(string? Title, string Body)> Sections(bool whole)
    {
        if (DocumentationText.Of(_member.Element("summary")) is { Length: > 0 } summary)
            yield return (null, summary);
        foreach (var parameter in _member.Elements("typeparam").Concat(_member.Elements("param")))
        {
            if (DocumentationText.Of(parameter) is { Length: > 0 } body)
                yield return ((string?)parameter.Attribute("name"), body);
        }

        if (DocumentationText.Of(_member.Element("returns")) is { Length: > 0 } returns)
            yield return ("Returns", returns);
        if (!whole)
            yield break;
        foreach (var thrown in _member.Elements("exception"))
            yield return ($"Throws {DocumentationText.Name((string?)thrown.Attribute("cref") ?? "")}", DocumentationText.Of(thrown));
        if (DocumentationText.Of(_member.Element("remarks")) is { Length: > 0 } remarks)
            yield return ("Remarks", remarks);
        foreach (var example in _member.Elements("example"))
            yield return ("Example", DocumentationText.Of(example));
    }

    private static XElement? Parse(string? xml)
    {
        if (string.IsNullOrWhiteSpace(xml))
            return null;
        try
        {
            // Some compilers and providers hand out the element's inside without the element.
            var root = XElement.Parse(xml.TrimStart().StartsWith("<member", StringComparison.Ordinal) || xml.TrimStart().StartsWith("<doc", StringComparison.Ordinal) ? xml : $"<member>{xml}</member>", LoadOptions.PreserveWhitespace);
            return root;
        }
        catch (XmlException)
        {
            return null;
        }
    }

    private static ISymbol? Inherited(ISymbol symbol)
    {
        ISymbol? overridden = symbol switch
        {
            IMethodSymbol m => m.OverriddenMethod,
            IPropertySymbol p => p.OverriddenProperty,
            IEventSymbol e => e.OverriddenEvent,
            INamedTypeSymbol t => t.BaseType is { SpecialType: not SpecialType.System_Object } b ? b : t.Interfaces.FirstOrDefault(),
            _ => null,
        };
        return overridden ?? symbol.ContainingType?.AllInterfaces.SelectMany(i => i.GetMembers(symbol.Name))
            .FirstOrDefault(m => SymbolEqualityComparer.Default.Equals(symbol.ContainingType.FindImplementationForInterfaceMember(m), symbol));
    }
}
