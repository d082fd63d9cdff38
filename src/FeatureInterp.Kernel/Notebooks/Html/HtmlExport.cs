using System.Globalization;
using System.Net;
using System.Text;

namespace FeatureInterp.Kernel.Notebooks;

/// <summary>
/// A notebook as one HTML page that needs nothing else: no script, no file beside it, no network (a content policy in the page forbids
/// all three). Code can be folded; the page follows the reader's light or dark setting and prints. On request it carries the plotly
/// script, once, and draws with it the figures that have plotly data.
/// </summary>
public static class HtmlExport
{
    private const string Policy = "default-src 'none'; style-src 'unsafe-inline'";

    /// <summary>The page.</summary>
    /// <param name="notebook">The notebook with its outputs.</param>
    /// <param name="name">The title when the notebook has no heading: its file name.</param>
    /// <param name="folder">Where pictures named in Markdown lie.</param>
    /// <param name="plotly">The script that makes figures interactive; null for pictures only.</param>
    public static string Write(Notebook notebook, string name, string folder, PlotlyScript? plotly = null)
    {
        // A script without a figure to draw would only make the page large.
        if (!notebook.Cells.Any(c => c.Outputs.Any(o => DataOf(o) is { } data && data.Items.ContainsKey(PlotlyScript.MimeType))))
            plotly = null;
        var page = new StringBuilder();
        var figures = new PageFigures();
        page.Append("<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n")
            .Append("<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n")
            .Append("<meta http-equiv=\"Content-Security-Policy\" content=\"").Append(Policy).Append(plotly?.Policy ?? "; img-src data:").Append("\">\n")
            .Append("<meta name=\"generator\" content=\"FeatureInterp\">\n")
            .Append("<title>").Append(WebUtility.HtmlEncode(notebook.Title ?? name)).Append("</title>\n")
            .Append("<style>\n").Append(HtmlStyle.Css).Append("\n</style>\n</head>\n<body>\n<main>\n");
        foreach (var cell in notebook.Cells)
        {
            if (cell.IsRaw)
                page.Append("<section class=\"raw\">\n").Append(Preformatted(cell.Source)).Append("</section>\n");
            else if (cell.IsMarkdown)
                page.Append("<section class=\"markdown\">\n").Append(MarkdownHtml.Render(cell.Source, folder, figures)).Append("</section>\n");
            else
                AppendCode(page, cell, figures, plotly is not null);
        }

        page.Append("<footer>").Append(WebUtility.HtmlEncode(name)).Append("</footer>\n</main>\n").Append(plotly?.Html).Append("</body>\n</html>\n");
        return page.ToString();
    }

    private static void AppendCode(StringBuilder page, Cell cell, PageFigures figures, bool interactive)
    {
        var label = cell.ExecutionCount is { } n ? string.Create(CultureInfo.InvariantCulture, $"{cell.Kernel} [{n}]") : cell.Kernel;
        page.Append("<section class=\"code\">\n<details class=\"source\" open>\n<summary>").Append(WebUtility.HtmlEncode(label)).Append("</summary>\n<pre tabindex=\"0\"><code>")
            .Append(cell.IsCSharp ? CodeHtml.Render(cell.Source) : WebUtility.HtmlEncode(cell.Source)).Append("</code></pre>\n</details>\n");
        foreach (var output in cell.Outputs)
            AppendOutput(page, output, figures, interactive);
        page.Append("</section>\n");
    }

    private static void AppendOutput(StringBuilder page, CellOutput output, PageFigures figures, bool interactive)
    {
        var (kind, html) = output switch
        {
            StreamOutput { Stream: StandardStream.Output } s => ("stdout", Preformatted(LastOverwrite(s.Text))),
            StreamOutput s => ("stderr", Preformatted(LastOverwrite(s.Text))),
            DisplayOutput d => ("display", Shown(d.Data, figures, interactive)),
            ResultOutput r => ("result", Shown(r.Data, figures, interactive)),
            ErrorOutput e => ("error", Preformatted(string.Join('\n', e.Traceback))),
            UnknownOutput u => ("unknown", Preformatted(u.Json.GetRawText())),
            _ => ("unknown", ""),
        };
        page.Append("<div class=\"output ").Append(kind).Append("\">").Append(html).Append("</div>\n");
    }

    private static MimeBundle? DataOf(CellOutput output) => output switch
    {
        DisplayOutput d => d.Data,
        ResultOutput r => r.Data,
        _ => null,
    };

    private static string Shown(MimeBundle data, PageFigures figures, bool interactive) =>
        (interactive && data.Items.TryGetValue(PlotlyScript.MimeType, out var figure) ? PlotlyScript.Figure(figure, Best(data, figures)) : null) ?? Best(data, figures);

    private static string Best(MimeBundle data, PageFigures figures)
    {
        var items = data.Items;
        if (items.TryGetValue(MimeBundle.SvgType, out var svg))
            return figures.Draw(svg, data.PlainText);
        foreach (var type in (string[])["image/png", "image/jpeg"])
        {
            if (items.TryGetValue(type, out var picture))
                return $"<img src=\"data:{type};base64,{WebUtility.HtmlEncode(picture.ReplaceLineEndings(""))}\" alt=\"{WebUtility.HtmlEncode(data.PlainText ?? "")}\">";
        }

        if (items.TryGetValue(MimeBundle.HtmlType, out var html))
            return SafeHtml.Clean(html, figures);
        return Preformatted(data.PlainText ?? string.Join('\n', items.Values));
    }

    private static string Preformatted(string text) => $"<pre>{WebUtility.HtmlEncode(text.TrimEnd('\n'))}</pre>";

    // A progress line that rewrote itself with carriage returns is shown as it ended.
    private static string LastOverwrite(string text) => !text.Contains('\r', StringComparison.Ordinal) ? text
        : string.Join('\n', text.Split('\n').Select(l => l.TrimEnd('\r')).Select(l => l[(l.LastIndexOf('\r') + 1)..]));
}
