using System.Net;
using System.Text;

namespace FeatureInterp.Display;

/// <summary>A plain HTML table. Alignment is an attribute, because code hosts strip styles.</summary>
internal static class TableHtml
{
    public static string Write(Table table)
    {
        var html = new StringBuilder();
        if (table.Title.Length > 0)
            html.Append("<p><strong>").Append(Escape(VisibleText.Line(table.Title))).Append("</strong></p>\n");
        html.Append("<table>\n<thead>\n");
        Row(html, table, table.ShownHeaders(), "th");
        html.Append("</thead>\n<tbody>\n");
        foreach (var row in table.ShownRows())
            Row(html, table, row, "td");
        html.Append("</tbody>\n</table>\n");
        if (table.Footnote().Length > 0)
            html.Append("<p>").Append(Escape(table.Footnote())).Append("</p>\n");
        return html.ToString();
    }

    public static string Escape(string text) => WebUtility.HtmlEncode(text);

    private static void Row(StringBuilder html, Table table, IReadOnlyList<string> cells, string tag)
    {
        html.Append("<tr>");
        for (var c = 0; c < cells.Count; c++)
        {
            var align = table.Alignments[c] switch { Alignment.Right => "right", Alignment.Center => "center", _ => "left" };
            html.Append('<').Append(tag).Append(" align=\"").Append(align).Append("\">").Append(Escape(cells[c])).Append("</").Append(tag).Append('>');
        }

        html.Append("</tr>\n");
    }
}
