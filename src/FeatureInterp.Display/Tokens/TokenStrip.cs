namespace FeatureInterp.Display;

/// <summary>
/// The tokens of a prompt in reading order: the background tells a value, one token may be boxed, spaces and line ends are
/// visible. A row ends where a token holds a line end, so that the prompt keeps its shape.
/// </summary>
[TypeFormatterSource(typeof(DisplayFormatterSource), PreferredMimeTypes = [MimeTypes.Svg, MimeTypes.Text])]
public sealed record TokenStrip : IDisplay, ISvgSource
{
    /// <summary>Creates a strip.</summary>
    /// <param name="tokens">The text of each token.</param>
    /// <param name="values">One value per token, for example a feature's activation; null for none. NaN and infinities get no background.</param>
    /// <param name="highlight">The position of the token to box; null for none.</param>
    /// <param name="title">Shown above the tokens; empty for none.</param>
    /// <param name="maxTokens">Longer prompts are cut to their head and tail and the highlighted token's neighbours; at least 8.</param>
    /// <exception cref="ArgumentException">There are not as many values as tokens.</exception>
    /// <exception cref="ArgumentOutOfRangeException">The highlighted position does not exist, or <paramref name="maxTokens"/> is below 8.</exception>
    public TokenStrip(IReadOnlyList<string> tokens, IReadOnlyList<float>? values = null, int? highlight = null, string title = "", int maxTokens = 400)
    {
        if (values is not null && values.Count != tokens.Count)
            throw new ArgumentException($"The strip has {tokens.Count} tokens and {values.Count} values; give one value per token.", nameof(values));
        if (highlight < 0 || highlight >= tokens.Count)
            throw new ArgumentOutOfRangeException(nameof(highlight), highlight, $"The strip has tokens 0 to {tokens.Count - 1}; highlight one of them.");
        ArgumentOutOfRangeException.ThrowIfLessThan(maxTokens, 8);
        Tokens = [.. tokens];
        Values = values is null ? null : [.. values];
        Highlight = highlight;
        Title = title;
        MaxTokens = maxTokens;
    }

    /// <summary>The text of each token.</summary>
    public IReadOnlyList<string> Tokens { get; }

    /// <summary>One value per token, or null.</summary>
    public IReadOnlyList<float>? Values { get; }

    /// <summary>The position of the boxed token, or null.</summary>
    public int? Highlight { get; }

    /// <summary>Shown above the tokens.</summary>
    public string Title { get; }

    /// <summary>How many tokens are shown at most.</summary>
    public int MaxTokens { get; }

    /// <inheritdoc/>
    public string ToSvg() => TokenStripSvg.LayOut(this, SvgDrawing.MaxWidth).ToDocument(VisibleText.Line(Title.Length > 0 ? Title : "tokens"));

    /// <inheritdoc/>
    public string ToText(int width = 100) => TokenStripText.Write(this, width);

    /// <inheritdoc/>
    public string ToHtml() => "<div>" + ToSvg() + "</div>";

    /// <inheritdoc/>
    public IReadOnlyDictionary<string, string> ToMimeBundle() => MimeBundle.OfPicture(this);

    SvgDrawing ISvgSource.LayOut(double maxWidth) => TokenStripSvg.LayOut(this, maxWidth);

    /// <summary>The largest size among the values that can be drawn; zero without values.</summary>
    internal double Scale => (Values ?? []).Where(v => Numbers.CanDraw(v)).Select(v => Math.Abs((double)v)).DefaultIfEmpty(0).Max();

    /// <summary>The strongest tokens: positions, largest size first.</summary>
    internal IEnumerable<int> Strongest() => Values is null ? []
        : Enumerable.Range(0, Tokens.Count).Where(i => Values[i] is not 0 && Numbers.CanDraw(Values[i])).OrderByDescending(i => Math.Abs(Values[i])).ThenBy(i => i);

    internal string Skipped => Values is null ? "" : Numbers.Skipped(Values.Select(v => (double)v));

    /// <summary>True when the row ends after this token.</summary>
    internal bool EndsRow(int position) => Tokens[position].Contains('\n', StringComparison.Ordinal);
}
