namespace FeatureInterp.Display;

/// <summary>A node of a <see cref="TreeFigure"/>.</summary>
/// <param name="Label">Any text; what cannot be seen is marked.</param>
/// <param name="Children">What comes after it, from top to bottom.</param>
public sealed record TreeFigureNode(string Label, IReadOnlyList<TreeFigureNode> Children)
{
    /// <summary>How wide the edge to it is, from 0 (a hairline) to 1. Default 0; outside, or NaN, counts as the nearer end.</summary>
    public double Weight { get; init; }

    /// <summary>Stands behind the node where it ends a line; may be empty.</summary>
    public string Note { get; init; } = "";

    /// <summary>Shown while the pointer rests on the node; may be empty.</summary>
    public string Hover { get; init; } = "";
}

/// <summary>
/// A tree of words that grows to the right: a node's first child stands on its line, so that each line reads as a text, and the others on lines of their own below.
/// As text, the same with one line for each branch.
/// </summary>
[TypeFormatterSource(typeof(DisplayFormatterSource), PreferredMimeTypes = [MimeTypes.Svg, MimeTypes.Text])]
public sealed record TreeFigure : IDisplay, ISvgSource
{
    /// <summary>The widest a picture of its own becomes, in pixels; in a stack it keeps to the stack's width.</summary>
    internal const double WidestPicture = 3200;

    /// <summary>Creates a figure.</summary>
    /// <param name="root">The root.</param>
    /// <param name="title">Shown above; empty for none.</param>
    /// <param name="note">Shown below; empty for none.</param>
    /// <param name="maxLines">Lines beyond this many are not shown, only counted; at least 1.</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="maxLines"/> is below 1.</exception>
    public TreeFigure(TreeFigureNode root, string title = "", string note = "", int maxLines = 400)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(maxLines, 1);
        (Root, Title, Note, MaxLines) = (root, title, note, maxLines);
    }

    /// <summary>The root.</summary>
    public TreeFigureNode Root { get; }

    /// <summary>Shown above.</summary>
    public string Title { get; }

    /// <summary>Shown below.</summary>
    public string Note { get; }

    /// <summary>How many lines are shown.</summary>
    public int MaxLines { get; }

    /// <inheritdoc/>
    public string ToSvg() => TreeFigureSvg.LayOut(this, WidestPicture, SvgDrawing.MaxWidth).ToDocument(VisibleText.Line(Title.Length > 0 ? Title : "tree"));

    /// <inheritdoc/>
    public string ToText(int width = 100) => TreeFigureText.Write(this, width);

    /// <inheritdoc/>
    public string ToHtml() => "<div>" + ToSvg() + "</div>";

    /// <inheritdoc/>
    public IReadOnlyDictionary<string, string> ToMimeBundle() => MimeBundle.OfPicture(this);

    SvgDrawing ISvgSource.LayOut(double maxWidth) => TreeFigureSvg.LayOut(this, maxWidth, maxWidth);
}
