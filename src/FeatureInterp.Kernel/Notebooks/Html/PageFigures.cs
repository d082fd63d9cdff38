using System.Globalization;
using System.Net;
using System.Text;
using System.Text.RegularExpressions;
using System.Xml;
using System.Xml.Linq;

namespace FeatureInterp.Kernel.Notebooks;

/// <summary>
/// The SVG figures of one page. A figure of plain shapes and text goes inline, so that hovering names its parts and its text can be
/// searched; ids and style rules are kept to the figure. One with anything else in it is an image, in which nothing runs or is fetched.
/// </summary>
internal sealed partial class PageFigures
{
    private static readonly XNamespace Svg = "http://www.w3.org/2000/svg";

    private static readonly HashSet<string> Shapes = new(StringComparer.Ordinal)
    {
        "svg", "g", "path", "rect", "circle", "ellipse", "line", "polyline", "polygon", "text", "tspan", "title", "desc", "defs", "linearGradient",
        "radialGradient", "stop", "clipPath", "mask", "pattern", "marker", "symbol", "use", "style",
    };

    private int _count;

    /// <summary>The HTML that shows a figure.</summary>
    /// <param name="svg">The SVG document.</param>
    /// <param name="alternative">What it shows, in words, or null.</param>
    public string Draw(string svg, string? alternative)
    {
        var root = Parse(svg);
        return root is not null && root.DescendantsAndSelf().All(IsPlain)
            ? Inline(root)
            : $"<img class=\"figure\" src=\"data:{MimeBundle.SvgType};base64,{Convert.ToBase64String(Encoding.UTF8.GetBytes(svg))}\" alt=\"{WebUtility.HtmlEncode(alternative ?? "")}\">";
    }

    private string Inline(XElement root)
    {
        var name = string.Create(CultureInfo.InvariantCulture, $"figure-{++_count}");
        foreach (var element in root.DescendantsAndSelf())
        {
            if (element.Name.LocalName is "style")
                element.Value = $"#{name}{{{element.Value}}}";
            foreach (var attribute in element.Attributes().Where(a => !a.IsNamespaceDeclaration))
            {
                attribute.Value = attribute.Name.LocalName switch
                {
                    "id" => $"{name}-{attribute.Value}",
                    "href" => $"#{name}-{attribute.Value[1..]}",
                    _ => attribute.Value.Replace("url(#", $"url(#{name}-", StringComparison.Ordinal),
                };
            }
        }

        root.SetAttributeValue("id", name);
        return root.ToString(SaveOptions.DisableFormatting);
    }

    private static XElement? Parse(string svg)
    {
        try
        {
            using var reader = XmlReader.Create(new StringReader(svg), new XmlReaderSettings { DtdProcessing = DtdProcessing.Prohibit, XmlResolver = null });
            var root = XDocument.Load(reader).Root;
            return root?.Name == Svg + "svg" ? new XElement(root) : null;
        }
        catch (XmlException)
        {
            return null;
        }
    }

    private static bool IsPlain(XElement element) =>
        element.Name.Namespace == Svg && Shapes.Contains(element.Name.LocalName)
        && element.Nodes().All(n => n is XElement || n.NodeType is XmlNodeType.Text)
        && element.Attributes().All(IsPlain)
        && (element.Name.LocalName is not "style" || IsPlainStyle(element.Value));

    private static bool IsPlain(XAttribute attribute) =>
        attribute.IsNamespaceDeclaration ? attribute.Value == Svg
        : attribute.Name.Namespace == XNamespace.None
            && !attribute.Name.LocalName.StartsWith("on", StringComparison.OrdinalIgnoreCase)
            && (attribute.Name.LocalName is not "href" || attribute.Value.StartsWith('#'))
            && !Fetches().IsMatch(attribute.Value);

    private static bool IsPlainStyle(string sheet) =>
        !sheet.AsSpan().ContainsAny('\\', '<') && !sheet.Contains("@import", StringComparison.OrdinalIgnoreCase) && !Fetches().IsMatch(sheet)
        && sheet.Count(c => c == '{') == sheet.Count(c => c == '}');

    [GeneratedRegex(@"url\((?!#)|image-set|javascript:", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant, 2000)]
    private static partial Regex Fetches();
}
