namespace FeatureInterp.Display;

/// <summary>The plain text of a figure: title, what the axes show, then each trace in its own words.</summary>
internal static class FigureText
{
    public static string Write(Figure figure, int width)
    {
        var text = new TextBlock(width);
        if (figure.Title.Length > 0)
            text.Wrapped(VisibleText.Line(figure.Title));
        var axes = string.Join(" over ", ((string[])[VisibleText.Line(figure.YAxis.Label), VisibleText.Line(figure.XAxis.Label)]).Where(l => l.Length > 0));
        if (axes.Length > 0)
            text.Wrapped("(" + axes + ")");
        if (figure.Traces.Count is 0)
            text.Line("no data");
        for (var i = 0; i < figure.Traces.Count; i++)
        {
            if (i > 0)
                text.Line();
            figure.Traces[i].WriteText(text);
            if (figure.Traces[i].Note.Length > 0)
                text.Wrapped("(" + figure.Traces[i].Note + ")");
        }

        ScatterText.Write(figure, text);
        return text.ToString();
    }
}
