namespace FeatureInterp.Display;

/// <summary>A line in bold that opens a section of a <see cref="DisplayStack"/>.</summary>
/// <param name="Text">One line; line ends are shown as marks.</param>
[TypeFormatterSource(typeof(DisplayFormatterSource), PreferredMimeTypes = [MimeTypes.Svg, MimeTypes.Text])]
public sealed record Heading(string Text) : IDisplay, ISvgSource
{
    internal Heading(string text, bool isTop)
        : this(text) => IsTop = isTop;

    private bool IsTop { get; }

    /// <inheritdoc/>
    public string ToSvg() => ((ISvgSource)this).LayOut(SvgDrawing.MaxWidth).ToDocument(VisibleText.Line(Text));

    /// <inheritdoc/>
    public string ToText(int width = 100)
    {
        var text = new TextBlock(width);
        var line = TextLayout.Truncate(VisibleText.Line(Text), width);
        text.Line(line);
        text.Line(new string('─', CellWidth.Of(line)));
        return text.ToString();
    }

    /// <inheritdoc/>
    public string ToHtml() => "<h3>" + TableHtml.Escape(VisibleText.Line(Text)) + "</h3>";

    /// <inheritdoc/>
    public IReadOnlyDictionary<string, string> ToMimeBundle() => MimeBundle.OfPicture(this);

    SvgDrawing ISvgSource.LayOut(double maxWidth) => SvgDrawing.Paragraph(VisibleText.Line(Text), IsTop ? TextStyle.Top : TextStyle.Heading, maxWidth);
}
