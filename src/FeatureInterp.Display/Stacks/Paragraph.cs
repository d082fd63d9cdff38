namespace FeatureInterp.Display;

/// <summary>Running text in a <see cref="DisplayStack"/>, broken to the width; its own line ends are kept.</summary>
/// <param name="Text">Plain text, no markup.</param>
[TypeFormatterSource(typeof(DisplayFormatterSource), PreferredMimeTypes = [MimeTypes.Svg, MimeTypes.Text])]
public sealed record Paragraph(string Text) : IDisplay, ISvgSource
{
    private IEnumerable<string> Lines => Text.ReplaceLineEndings("\n").Split('\n').Select(VisibleText.Line);

    /// <inheritdoc/>
    public string ToSvg() => ((ISvgSource)this).LayOut(SvgDrawing.MaxWidth).ToDocument("text");

    /// <inheritdoc/>
    public string ToText(int width = 100)
    {
        var text = new TextBlock(width);
        foreach (var line in Lines)
            text.Wrapped(line);
        return text.ToString();
    }

    /// <inheritdoc/>
    public string ToHtml() => "<p>" + string.Join("<br>\n", Lines.Select(TableHtml.Escape)) + "</p>";

    /// <inheritdoc/>
    public IReadOnlyDictionary<string, string> ToMimeBundle() => MimeBundle.OfPicture(this);

    SvgDrawing ISvgSource.LayOut(double maxWidth) =>
        SvgDrawing.Stack([.. Lines.Select(line => SvgDrawing.Paragraph(line, TextStyle.Body, maxWidth))], 0);
}
