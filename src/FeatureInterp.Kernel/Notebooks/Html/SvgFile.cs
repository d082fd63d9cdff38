using System.Xml.Linq;
using AngleSharp.Dom;

namespace FeatureInterp.Kernel.Notebooks;

/// <summary>An SVG written inside HTML as a file of its own, which has to be well-formed XML and to name its namespace.</summary>
internal static class SvgFile
{
    private static readonly XNamespace Svg = "http://www.w3.org/2000/svg";

    /// <summary>The file's text.</summary>
    public static string FromInline(IElement svg) => ((XElement)Convert(svg)!).ToString(SaveOptions.DisableFormatting);

    private static XNode? Convert(INode node) => node switch
    {
        IText text => new XText(Valid(text.Data)),
        IElement element when IsName(element.LocalName) => new XElement(
            Svg + element.LocalName,
            element.Attributes.Where(a => IsName(a.LocalName) && a.Prefix is null && a.LocalName is not "xmlns")
                .Select(a => new XAttribute(a.LocalName, Valid(a.Value))),
            element.ChildNodes.Select(Convert)),
        _ => null,
    };

    private static bool IsName(string name) =>
        name.Length > 0 && (char.IsAsciiLetter(name[0]) || name[0] == '_') && name.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_' or '.');

    private static string Valid(string text) => string.Concat(text.Where(c => c >= ' ' || c is '\n' or '\r' or '\t').Where(c => c is not ('\uFFFE' or '\uFFFF')));
}
