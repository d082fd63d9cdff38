namespace FeatureInterp.Display;

/// <summary>One token with the text around it, a line of <see cref="TokenContexts"/>.</summary>
public sealed record TokenContext
{
    /// <summary>Creates a line.</summary>
    /// <param name="label">Stands in front of the line, such as the token's value; may be empty.</param>
    /// <param name="tokens">The text of each token, in reading order.</param>
    /// <param name="focus">Which of them the line is about.</param>
    /// <param name="values">One value per token, for example a feature's activation; null for none. NaN and infinities get no background.</param>
    /// <param name="place">Where the token stands, such as "row 12, position 30": hover text of the label; may be empty.</param>
    /// <exception cref="ArgumentException">There are not as many values as tokens.</exception>
    /// <exception cref="ArgumentOutOfRangeException">There is no token <paramref name="focus"/>.</exception>
    public TokenContext(string label, IReadOnlyList<string> tokens, int focus, IReadOnlyList<float>? values = null, string place = "")
    {
        if (values is not null && values.Count != tokens.Count)
            throw new ArgumentException($"The context has {tokens.Count} tokens and {values.Count} values; give one value per token.", nameof(values));
        if ((uint)focus >= (uint)tokens.Count)
            throw new ArgumentOutOfRangeException(nameof(focus), focus, $"The context has {tokens.Count} tokens; focus on one of them.");
        Label = label;
        Tokens = [.. tokens];
        Focus = focus;
        Values = values is null ? null : [.. values];
        Place = place;
    }

    /// <summary>Stands in front of the line.</summary>
    public string Label { get; }

    /// <summary>The text of each token.</summary>
    public IReadOnlyList<string> Tokens { get; }

    /// <summary>Which token the line is about.</summary>
    public int Focus { get; }

    /// <summary>One value per token, or null.</summary>
    public IReadOnlyList<float>? Values { get; }

    /// <summary>Where the token stands; may be empty.</summary>
    public string Place { get; }
}

/// <summary>
/// Places in a text, one a line, with the token in question of every line under that of the line above and what stands before and after it beside it: a
/// concordance. Backgrounds tell values, on one scale for all lines. What does not fit the width is cut off, away from the token.
/// </summary>
[TypeFormatterSource(typeof(DisplayFormatterSource), PreferredMimeTypes = [MimeTypes.Svg, MimeTypes.Text])]
public sealed record TokenContexts : IDisplay, ISvgSource
{
    /// <summary>Creates a concordance.</summary>
    /// <param name="lines">The lines, from top to bottom.</param>
    /// <param name="title">Shown above them; empty for none.</param>
    /// <param name="maxLines">Lines beyond this many are not shown, only counted; at least 1.</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="maxLines"/> is below 1.</exception>
    public TokenContexts(IReadOnlyList<TokenContext> lines, string title = "", int maxLines = 50)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(maxLines, 1);
        Lines = [.. lines];
        Title = title;
        MaxLines = maxLines;
    }

    /// <summary>The lines, from top to bottom.</summary>
    public IReadOnlyList<TokenContext> Lines { get; }

    /// <summary>Shown above the lines.</summary>
    public string Title { get; }

    /// <summary>How many lines are shown.</summary>
    public int MaxLines { get; }

    /// <inheritdoc/>
    public string ToSvg() => TokenContextsSvg.LayOut(this, SvgDrawing.MaxWidth).ToDocument(VisibleText.Line(Title.Length > 0 ? Title : "tokens in context"));

    /// <inheritdoc/>
    public string ToText(int width = 100) => TokenContextsText.Write(this, width);

    /// <inheritdoc/>
    public string ToHtml() => "<div>" + ToSvg() + "</div>";

    /// <inheritdoc/>
    public IReadOnlyDictionary<string, string> ToMimeBundle() => MimeBundle.OfPicture(this);

    SvgDrawing ISvgSource.LayOut(double maxWidth) => TokenContextsSvg.LayOut(this, maxWidth);

    internal IEnumerable<TokenContext> Shown => Lines.Take(MaxLines);

    /// <summary>What stands below the lines: how many are not shown; empty when all are.</summary>
    internal string Footnote => Lines.Count > MaxLines ? $"… {Numbers.Count(Lines.Count - MaxLines, "more line")}" : "";

    /// <summary>The largest size among the values that can be drawn; zero without values.</summary>
    internal double Scale => Shown.SelectMany(l => l.Values ?? []).Where(v => Numbers.CanDraw(v)).Select(v => Math.Abs((double)v)).DefaultIfEmpty(0).Max();

    /// <summary>A token as running text: what cannot be seen is marked, spaces stay spaces.</summary>
    internal static string Spell(string token) => token.Length is 0 ? VisibleText.EmptyMark : VisibleText.Line(token);
}
