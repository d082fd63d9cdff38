using System.Net;
using System.Text;
using AngleSharp.Dom;
using AngleSharp.Html.Parser;

namespace FeatureInterp.Kernel.Notebooks;

/// <summary>
/// HTML a cell put out, reduced to elements that only draw: no script, no handlers, no forms, nothing fetched. An inline SVG
/// becomes one of the page's figures.
/// </summary>
internal static class SafeHtml
{
    private static readonly HashSet<string> Elements = new(StringComparer.Ordinal)
    {
        "a", "abbr", "b", "blockquote", "br", "caption", "code", "col", "colgroup", "dd", "del", "details", "div", "dl", "dt", "em",
        "figcaption", "figure", "h1", "h2", "h3", "h4", "h5", "h6", "hr", "i", "img", "ins", "kbd", "li", "mark", "ol", "p", "pre", "q",
        "s", "samp", "section", "small", "span", "strong", "sub", "summary", "sup", "table", "tbody", "td", "tfoot", "th", "thead", "tr", "u",
        "ul", "var",
    };

    private static readonly HashSet<string> Dropped = new(StringComparer.Ordinal)
    {
        "script", "style", "iframe", "object", "embed", "template", "noscript", "head", "title", "textarea", "select", "math", "audio", "video", "canvas",
    };

    private static readonly HashSet<string> Void = new(StringComparer.Ordinal) { "br", "hr", "img", "col" };

    private static readonly HashSet<string> Attributes = new(StringComparer.Ordinal)
    {
        "align", "alt", "class", "colspan", "dir", "height", "href", "lang", "open", "rowspan", "scope", "span", "src", "style", "title", "width",
    };

    /// <summary>The drawing part of <paramref name="html"/>.</summary>
    /// <param name="html">What a cell put out.</param>
    /// <param name="figures">The page's figures, which inline SVG joins.</param>
    public static string Clean(string html, PageFigures figures)
    {
        var result = new StringBuilder();
        foreach (var node in Body(html).ChildNodes)
            Append(node, result, figures);
        return result.ToString();
    }

    /// <summary>The words in <paramref name="html"/>: cells of a table row on one line, blocks on lines of their own.</summary>
    public static string ToPlainText(string html)
    {
        var text = new StringBuilder();
        AppendText(Body(html), text);
        var lines = text.ToString().Split('\n').Select(l => string.Join(' ', l.Split(' ', StringSplitOptions.RemoveEmptyEntries)));
        return string.Join('\n', lines.Where(l => l.Length > 0));
    }

    /// <summary>A URL to follow by hand (web, mail, a place in the page) or null; never one that runs code.</summary>
    public static string? SafeLink(string? url)
    {
        if (url is null || url.Any(char.IsControl))
            return null;
        var colon = url.IndexOf(':', StringComparison.Ordinal);
        var scheme = colon < 0 || url.AsSpan(0, colon).ContainsAny('/', '?', '#') ? null : url[..colon].Trim().ToLowerInvariant();
        return scheme is null or "http" or "https" or "mailto" ? url : null;
    }

    private static IElement Body(string html) => new HtmlParser().ParseDocument($"<!DOCTYPE html><body>{html}").Body!;

    private static void Append(INode node, StringBuilder result, PageFigures figures)
    {
        if (node is IText text)
            result.Append(WebUtility.HtmlEncode(text.Data));
        if (node is not IElement element || Dropped.Contains(element.LocalName))
            return;
        if (string.Equals(element.LocalName, "svg", StringComparison.Ordinal))
        {
            result.Append(figures.Draw(SvgFile.FromInline(element), element.TextContent.Trim()));
            return;
        }

        var kept = Elements.Contains(element.LocalName);
        if (kept)
        {
            result.Append('<').Append(element.LocalName);
            foreach (var attribute in element.Attributes.Where(a => IsSafe(element, a)))
                result.Append(' ').Append(attribute.LocalName).Append("=\"").Append(WebUtility.HtmlEncode(attribute.Value)).Append('"');
            result.Append('>');
        }

        foreach (var child in element.ChildNodes)
            Append(child, result, figures);
        if (kept && !Void.Contains(element.LocalName))
            result.Append("</").Append(element.LocalName).Append('>');
    }

    private static bool IsSafe(IElement element, IAttr attribute) => Attributes.Contains(attribute.LocalName) && attribute.LocalName switch
    {
        "href" => string.Equals(element.LocalName, "a", StringComparison.Ordinal) && SafeLink(attribute.Value) is not null,
        "src" => attribute.Value.StartsWith("data:image/", StringComparison.OrdinalIgnoreCase),
        // Style may colour and align; it may not fetch or cover the page.
        "style" => !attribute.Value.Contains('\\', StringComparison.Ordinal) && !Forbidden.Any(f => attribute.Value.Contains(f, StringComparison.OrdinalIgnoreCase)),
        _ => true,
    };

    private static readonly string[] Forbidden = ["url(", "image-set", "expression", "@import", "position", "/*"];

    private static void AppendText(INode node, StringBuilder text)
    {
        if (node is IText t)
            text.Append(t.Data.ReplaceLineEndings(" "));
        if (node is IElement e && Dropped.Contains(e.LocalName))
            return;
        foreach (var child in node.ChildNodes)
            AppendText(child, text);
        if (node is IElement element)
        {
            text.Append(element.LocalName switch
            {
                "td" or "th" => "  ",
                "br" or "p" or "div" or "tr" or "li" or "table" or "pre" or "h1" or "h2" or "h3" or "h4" or "h5" or "h6" or "summary" => "\n",
                _ => "",
            });
        }
    }
}
