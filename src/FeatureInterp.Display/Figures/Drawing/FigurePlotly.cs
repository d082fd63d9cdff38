using System.Text;
using System.Text.Json;

namespace FeatureInterp.Display;

/// <summary>The plotly form of a figure, with the rows that the SVG has.</summary>
internal static class FigurePlotly
{
    /// <summary>What plotly puts above and below the plot unless told otherwise.</summary>
    private const double OwnMargins = 180;

    public static string Write(Figure figure)
    {
        var layout = PlotLayout.For(figure, SvgDrawing.MaxWidth);
        using var stream = new MemoryStream();
        using (var json = new Utf8JsonWriter(stream))
        {
            json.WriteStartObject();
            Data(json, figure, layout);
            Layout(json, figure, layout);
            json.WriteEndObject();
        }

        return Encoding.UTF8.GetString(stream.ToArray());
    }

    private static void Data(Utf8JsonWriter json, Figure figure, PlotLayout layout)
    {
        json.WriteStartArray("data");
        for (var row = 0; row < layout.Rows.Count; row++)
        {
            foreach (var i in layout.Rows[row].Traces)
            {
                json.WriteStartObject();
                json.WriteString("name", PlotlyJson.Escape(figure.Traces[i].Name));
                json.WriteString("xaxis", "x");
                json.WriteString("yaxis", "y" + Suffix(row));
                figure.Traces[i].WritePlotly(json, TraceStyle.For(figure, i, new LabelBoard()));
                json.WriteEndObject();
            }
        }

        json.WriteEndArray();
    }

    private static void Layout(Utf8JsonWriter json, Figure figure, PlotLayout layout)
    {
        json.WriteStartObject("layout");
        Title(json, figure.Title);
        json.WriteString("hovermode", "closest");
        json.WriteBoolean("showlegend", figure.Traces.Count > 1);
        json.WriteNumber("height", Math.Round(layout.Last.Bottom + OwnMargins));
        // plotly's own validation knows these two keys only where they have something to act on.
        if (figure.Traces.OfType<BarTrace>().Any())
            json.WriteString("barmode", "group");
        if (figure.Traces.Count > 1)
        {
            json.WriteStartObject("legend");
            json.WriteString("orientation", "h");
            json.WriteNumber("y", 1.02);
            json.WriteString("yanchor", "bottom");
            json.WriteEndObject();
        }

        json.WriteStartObject("xaxis");
        Title(json, figure.XAxis.Label);
        json.WriteString("anchor", "y" + Suffix(layout.Rows.Count - 1));
        Names(json, layout.XCategories);
        Range(json, layout.Last.XRange, reversed: false);
        json.WriteEndObject();

        var height = layout.Last.Bottom - layout.Rows[0].Area.Top;
        for (var row = 0; row < layout.Rows.Count; row++)
        {
            var area = layout.Rows[row].Area;
            json.WriteStartObject("yaxis" + Suffix(row));
            Title(json, figure.YAxis.Label);
            json.WriteString("anchor", "x");
            json.WriteStartArray("domain");
            json.WriteNumberValue(Math.Round(Math.Max(0, (layout.Last.Bottom - area.Bottom) / height), 4));
            json.WriteNumberValue(Math.Round((layout.Last.Bottom - area.Top) / height, 4));
            json.WriteEndArray();
            Names(json, layout.YCategories);
            json.WriteBoolean("automargin", true);
            Range(json, area.YRange, reversed: area.YDown);
            json.WriteEndObject();
        }

        json.WriteEndObject();
    }

    private static void Title(Utf8JsonWriter json, string text)
    {
        json.WriteStartObject("title");
        json.WriteString("text", PlotlyJson.Escape(text));
        json.WriteEndObject();
    }

    private static void Names(Utf8JsonWriter json, IReadOnlyList<string>? names)
    {
        if (names is null)
            return;
        PlotlyJson.WriteNumbers(json, "tickvals", Enumerable.Range(0, names.Count).Select(i => (double)i));
        PlotlyJson.WriteTexts(json, "ticktext", names);
    }

    private static void Range(Utf8JsonWriter json, Interval range, bool reversed)
    {
        json.WriteStartArray("range");
        json.WriteNumberValue(reversed ? range.Max : range.Min);
        json.WriteNumberValue(reversed ? range.Min : range.Max);
        json.WriteEndArray();
    }

    // plotly counts y, y2, y3, …
    private static string Suffix(int row) => row is 0 ? "" : Numbers.Integer(row + 1);
}
