namespace FeatureInterp.Display;

/// <summary>
/// Draws a concordance as running text with coloured backgrounds. Warm is above zero, cool below with a dashed edge; the token in question has a frame.
/// </summary>
internal static class TokenContextsSvg
{
    private const double Step = 23;
    private const double BoxHeight = 18;

    /// <summary>Where the token in question begins, as a share of the width: what comes before it matters more.</summary>
    private const double FocusAt = 0.6;
    private const double WidestLabel = 120;
    private static readonly TextStyle s_token = new(12.5, Palette.Ink) { Mono = true };

    private readonly record struct Piece(double X, double Width, int Token, string Text);

    public static SvgDrawing LayOut(TokenContexts contexts, double maxWidth)
    {
        var parts = new List<SvgDrawing>();
        if (contexts.Title.Length > 0)
            parts.Add(SvgDrawing.Paragraph(VisibleText.Line(contexts.Title), TextStyle.Title, maxWidth, maxLines: 3));
        if (contexts.Lines.Count is 0)
            parts.Add(SvgDrawing.Paragraph("no places", TextStyle.Body with { Tone = Palette.Muted }, maxWidth));
        else
            parts.Add(Lines(contexts, maxWidth));
        if (contexts.Footnote.Length > 0)
            parts.Add(SvgDrawing.Paragraph(contexts.Footnote, TextStyle.Note, maxWidth));
        return SvgDrawing.Stack(parts, 8);
    }

    private static SvgDrawing Lines(TokenContexts contexts, double maxWidth)
    {
        var lines = contexts.Shown.ToList();
        var label = Math.Min(WidestLabel, lines.Max(l => TextStyle.Note.Width(VisibleText.Line(l.Label))));
        var left = label > 0 ? label + 10 : 0;
        var focus = left + (maxWidth - left) * FocusAt;
        var scale = contexts.Scale;
        var pieces = lines.Select(l => Place(l, left, focus, maxWidth)).ToList();
        return new(maxWidth, lines.Count * Step, svg =>
        {
            for (var i = 0; i < lines.Count; i++)
            {
                svg.OpenAt(0, i * Step);
                Label(svg, lines[i], label);
                svg.OpenText(s_token);
                foreach (var piece in pieces[i])
                    Draw(svg, lines[i], piece, scale);
                svg.Close();
                svg.Close();
            }
        });
    }

    private static void Label(SvgWriter svg, TokenContext line, double room)
    {
        if (line.Label.Length is 0)
            return;
        svg.Open("g");
        if (line.Place.Length > 0)
            svg.Hover(VisibleText.Line(line.Place));
        var style = TextStyle.Note with { Anchor = Anchor.End };
        svg.Text(room, 13, style.Fit(VisibleText.Line(line.Label), room), style);
        svg.Close();
    }

    /// <summary>The tokens that fit, from the one in question outwards.</summary>
    private static IReadOnlyList<Piece> Place(TokenContext line, double left, double focus, double right)
    {
        var pieces = new List<Piece>();
        var x = focus;
        for (var i = line.Focus; i < line.Tokens.Count && x < right; i++)
        {
            // A token that is cut short is the last.
            var text = s_token.Fit(TokenContexts.Spell(line.Tokens[i]), right - x);
            if (text.Length is 0)
                break;
            pieces.Add(new(x, s_token.Width(text), i, text));
            x += pieces[^1].Width;
        }

        x = focus;
        for (var i = line.Focus - 1; i >= 0; i--)
        {
            var text = TokenContexts.Spell(line.Tokens[i]);
            var width = s_token.Width(text);
            if (x - width < left)
                break;
            x -= width;
            pieces.Add(new(x, width, i, text));
        }

        return pieces;
    }

    private static void Draw(SvgWriter svg, TokenContext line, Piece piece, double scale)
    {
        var value = line.Values?[piece.Token] ?? 0;
        var isColoured = value is not 0 && Numbers.CanDraw(value);
        if (isColoured)
        {
            svg.Open("g");
            svg.Hover($"\"{TextLayout.Truncate(VisibleText.Line(line.Tokens[piece.Token]), 200)}\": {Numbers.Short(value)}");
            svg.Rect(piece.X, 0, piece.Width, BoxHeight, value > 0 ? Palette.Warm : Palette.Cool, Math.Round(0.1 + 0.9 * Math.Abs(value) / scale, 3), 2);
            if (value < 0)
                svg.Outline(piece.X + 0.5, 0.5, piece.Width - 1, BoxHeight - 1, Palette.Below, radius: 2, dash: "2 2");
        }

        if (piece.Token == line.Focus)
            svg.Outline(piece.X - 0.5, -0.5, piece.Width + 1, BoxHeight + 1, Palette.Ink, 1.5, 3);
        // Viewers drop spaces at the ends of a text, but not no-break ones.
        svg.Text(piece.X, 13, piece.Text.Replace(' ', '\u00A0'));
        if (isColoured)
            svg.Close();
    }
}
