namespace FeatureInterp.Display;

/// <summary>A drawing laid out but not yet written: its size, and what writes it with its upper left corner at (0, 0).</summary>
internal sealed record SvgDrawing(double Width, double Height, Action<SvgWriter> Draw)
{
    /// <summary>Room for a drawing within the panel; fits a column of a notebook and the width of a page.</summary>
    public const double MaxWidth = 768;
    private const double Padding = 16;

    /// <summary>The standalone document: this drawing on its panel.</summary>
    public string ToDocument(string name)
    {
        using var svg = new SvgWriter();
        svg.OpenRoot(Width + 2 * Padding, Height + 2 * Padding, name);
        svg.OpenAt(Padding, Padding);
        Draw(svg);
        svg.Close();
        svg.Close();
        return svg.Finish();
    }

    /// <summary>The drawings one under the other.</summary>
    public static SvgDrawing Stack(IReadOnlyList<SvgDrawing> parts, double gap)
    {
        var width = parts.Count is 0 ? 0 : parts.Max(p => p.Width);
        var height = parts.Sum(p => p.Height) + gap * Math.Max(0, parts.Count - 1);
        return new(width, height, svg =>
        {
            double y = 0;
            foreach (var part in parts)
            {
                svg.OpenAt(0, y);
                part.Draw(svg);
                svg.Close();
                y += part.Height + gap;
            }
        });
    }

    /// <summary>Lines of text broken to the room, such as a title or a paragraph; nothing for empty text.</summary>
    public static SvgDrawing Paragraph(string text, TextStyle style, double maxWidth, int maxLines = int.MaxValue)
    {
        var lines = style.Wrap(text, maxWidth).ToList();
        if (lines.Count > maxLines)
        {
            lines.RemoveRange(maxLines, lines.Count - maxLines);
            lines[^1] = style.Fit(lines[^1] + " …", maxWidth);
        }

        var step = Math.Round(style.Size * 1.4);
        return new(lines.Count is 0 ? 0 : lines.Max(style.Width), lines.Count * step, svg =>
        {
            for (var i = 0; i < lines.Count; i++)
                svg.Text(0, (i + 1) * step - style.Size * 0.35, lines[i], style);
        });
    }
}

/// <summary>A display that can be drawn inside another drawing.</summary>
internal interface ISvgSource
{
    SvgDrawing LayOut(double maxWidth);
}
