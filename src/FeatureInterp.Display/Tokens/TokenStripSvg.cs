namespace FeatureInterp.Display;

/// <summary>
/// Draws a token strip. Warm backgrounds are values above zero, cool ones below; those below also have a dashed edge, for
/// readers who see no difference in colour.
/// </summary>
internal static class TokenStripSvg
{
    private const int LongestToken = 40;
    private const double Pad = 3;
    private const double Gap = 2;
    private const double Step = 25;
    private const double BoxHeight = 20;
    private static readonly TextStyle s_token = new(12.5, Palette.Ink) { Mono = true, Anchor = Anchor.Middle };

    private sealed record Box(double X, double Y, double Width, int Token, string Text);

    public static SvgDrawing LayOut(TokenStrip strip, double maxWidth)
    {
        var parts = new List<SvgDrawing>();
        if (strip.Title.Length > 0)
            parts.Add(SvgDrawing.Paragraph(VisibleText.Line(strip.Title), TextStyle.Title, maxWidth, maxLines: 3));
        if (strip.Tokens.Count is 0)
            parts.Add(SvgDrawing.Paragraph("no tokens", TextStyle.Body with { Tone = Palette.Muted }, maxWidth));
        else
            parts.Add(Tokens(strip, maxWidth));
        if (strip.Scale > 0)
            parts.Add(Key(strip, maxWidth));
        if (strip.Skipped.Length > 0)
            parts.Add(SvgDrawing.Paragraph("Not drawn — " + strip.Skipped, TextStyle.Note, maxWidth));
        return SvgDrawing.Stack(parts, 8);
    }

    private static SvgDrawing Tokens(TokenStrip strip, double maxWidth)
    {
        var boxes = new List<Box>();
        double x = 0, y = 0;
        var end = 0;
        foreach (var (first, last) in TokenCut.Runs(strip.Tokens.Count, strip.MaxTokens, strip.Highlight))
        {
            if (first > end)
            {
                NewRow();
                var note = $"… {Numbers.Count(first - end, "token")} left out …";
                boxes.Add(new(0, y, TextStyle.Note.Width(note), -1, note));
                x = 1;
                NewRow();
            }

            for (var i = first; i <= last; i++)
            {
                var text = TextLayout.Truncate(VisibleText.Token(strip.Tokens[i]), LongestToken);
                var width = s_token.Width(text) + 2 * Pad;
                if (x + width > maxWidth)
                    NewRow();
                boxes.Add(new(x, y, width, i, text));
                x += width + Gap;
                if (strip.EndsRow(i))
                    NewRow();
            }

            end = last + 1;
        }

        NewRow();
        return new(boxes.Max(b => b.X + b.Width), y, svg =>
        {
            svg.OpenText(s_token);
            foreach (var box in boxes)
                Draw(svg, strip, box);
            svg.Close();
        });

        void NewRow() => (x, y) = x > 0 ? (0, y + Step) : (x, y);
    }

    private static void Draw(SvgWriter svg, TokenStrip strip, Box box)
    {
        if (box.Token < 0)
        {
            svg.Text(box.X + box.Width / 2, box.Y + 14, box.Text, TextStyle.Note with { Anchor = Anchor.Middle });
            return;
        }

        var value = strip.Values?[box.Token] ?? 0;
        var number = strip.Values is null ? "" : ": " + Numbers.Short(value);
        svg.Open("g");
        svg.Hover($"{Numbers.Integer(box.Token)} \"{TextLayout.Truncate(VisibleText.Line(strip.Tokens[box.Token]), 200)}\"{number}");
        if (value is not 0 && Numbers.CanDraw(value))
        {
            svg.Rect(box.X, box.Y, box.Width, BoxHeight, value > 0 ? Palette.Warm : Palette.Cool, Opacity(value, strip.Scale), 3);
            if (value < 0)
                svg.Outline(box.X + 0.5, box.Y + 0.5, box.Width - 1, BoxHeight - 1, Palette.Below, radius: 2.5, dash: "2 2");
        }
        else
        {
            svg.Outline(box.X + 0.5, box.Y + 0.5, box.Width - 1, BoxHeight - 1, Palette.Grid, radius: 2.5);
        }

        if (box.Token == strip.Highlight)
            svg.Outline(box.X, box.Y - 0.5, box.Width, BoxHeight + 1, Palette.Ink, 2, 3);
        svg.Text(box.X + box.Width / 2, box.Y + 14, box.Text);
        svg.Close();
    }

    /// <summary>From faint for the smallest to full for the largest, linear in between.</summary>
    private static double Opacity(double value, double scale) => Math.Round(0.1 + 0.9 * Math.Abs(value) / scale, 3);

    /// <summary>The scale of the backgrounds: a few steps from the lowest to the highest value.</summary>
    private static SvgDrawing Key(TokenStrip strip, double maxWidth)
    {
        const double Swatch = 14;
        var range = Interval.Of(strip.Values!.Select(v => (double)v)).With(0);
        var (low, high) = (Numbers.Short(range.Min), Numbers.Short(range.Max));
        var start = TextStyle.Note.Width(low) + 6;
        var strongest = strip.Strongest().First();
        var words = $"{high}   strongest: token {Numbers.Integer(strongest)}, " +
            $"{TextLayout.Truncate(VisibleText.Token(strip.Tokens[strongest]), LongestToken)}, {Numbers.Short(strip.Values![strongest])}";
        return new(maxWidth, 18, svg =>
        {
            svg.Text(0, 13, low, TextStyle.Note);
            for (var i = 0; i <= 8; i++)
            {
                var value = range.Min + range.Span * i / 8;
                if (value is not 0)
                    svg.Rect(start + i * Swatch, 4, Swatch, 11, value > 0 ? Palette.Warm : Palette.Cool, Opacity(value, strip.Scale));
            }

            svg.Outline(start, 4, 9 * Swatch, 11, Palette.Frame);
            svg.Text(start + 9 * Swatch + 6, 13, words, TextStyle.Note);
        });
    }
}
