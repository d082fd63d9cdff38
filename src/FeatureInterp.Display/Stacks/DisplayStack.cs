namespace FeatureInterp.Display;

/// <summary>Several displays one under the other, shown as one: a single picture, a single text.</summary>
[TypeFormatterSource(typeof(DisplayFormatterSource), PreferredMimeTypes = [MimeTypes.Svg, MimeTypes.Text])]
public sealed record DisplayStack : IDisplay, ISvgSource
{
    /// <summary>Creates a stack.</summary>
    /// <param name="title">Shown on top; empty for none.</param>
    /// <param name="parts">Figures, strips, tables, <see cref="Heading"/>s, <see cref="Paragraph"/>s, other stacks and results.</param>
    public DisplayStack(string title, params IReadOnlyList<IDisplay> parts)
    {
        Title = title;
        Parts = [.. parts];
    }

    /// <summary>Shown on top; may be empty.</summary>
    public string Title { get; }

    /// <summary>What is shown, from top to bottom.</summary>
    public IReadOnlyList<IDisplay> Parts { get; }

    private IEnumerable<IDisplay> All => Title.Length > 0 ? Parts.Prepend(new Heading(Title, isTop: true)) : Parts;

    /// <inheritdoc/>
    public string ToSvg() => ((ISvgSource)this).LayOut(SvgDrawing.MaxWidth).ToDocument(VisibleText.Line(Title.Length > 0 ? Title : "displays"));

    /// <inheritdoc/>
    public string ToText(int width = 100) => string.Join("\n\n", All.Select(part => part.ToText(width)).Where(text => text.Length > 0));

    /// <inheritdoc/>
    public string ToHtml() => "<div>\n" + string.Concat(All.Select(part => part.ToHtml() + "\n")) + "</div>";

    /// <inheritdoc/>
    public IReadOnlyDictionary<string, string> ToMimeBundle() => MimeBundle.OfPicture(this);

    SvgDrawing ISvgSource.LayOut(double maxWidth) =>
        SvgDrawing.Stack([.. All.Select(part => Drawing(part, maxWidth))], 18) with { Width = maxWidth };

    private static SvgDrawing Drawing(IDisplay part, double maxWidth) => part switch
    {
        ISvgSource source => source.LayOut(maxWidth),
        IHasDisplay result => Drawing(result.ToDisplay(), maxWidth),
        // A display from elsewhere can only be asked for whole documents; its text can be drawn in place.
        _ => TextDrawing(part.ToText()),
    };

    private static SvgDrawing TextDrawing(string text)
    {
        const double Step = 16;
        var style = new TextStyle(12, Palette.Ink) { Mono = true };
        // Viewers fold runs of spaces, but not no-break ones.
        var lines = text.Split('\n').Select(line => VisibleText.Line(line).Replace(' ', '\u00A0')).ToList();
        return new(lines.Max(style.Width), lines.Count * Step, svg =>
        {
            for (var i = 0; i < lines.Count; i++)
                svg.Text(0, i * Step + 12, lines[i], style);
        });
    }
}
