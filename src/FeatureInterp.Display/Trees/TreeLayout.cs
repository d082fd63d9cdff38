namespace FeatureInterp.Display;

/// <summary>A node with its place.</summary>
/// <param name="Node">The node.</param>
/// <param name="Parent">Its parent's place; null for the root.</param>
/// <param name="X">Its left edge.</param>
/// <param name="Width">The width of its box.</param>
/// <param name="Row">Its line, from 0.</param>
/// <param name="Text">Its label, cut to fit.</param>
internal sealed record TreePlace(TreeFigureNode Node, TreePlace? Parent, double X, double Width, int Row, string Text)
{
    /// <summary>Its right edge.</summary>
    public double Right => X + Width;

    /// <summary>How many nodes behind it had no room.</summary>
    public int Cut { get; set; }
}

/// <summary>Where the nodes of a <see cref="TreeFigure"/> stand. No two boxes overlap: below a parent's line there is nothing to the left of its children.</summary>
internal sealed class TreeLayout
{
    /// <summary>Between a parent and its only child.</summary>
    private const double ChainGap = 12;

    /// <summary>Between a parent and several children; their edges part in its middle.</summary>
    private const double BranchGap = 30;
    private const double LongestLabel = 170;
    private const double Pad = 5;

    private TreeLayout(IReadOnlyList<TreePlace> places, int rows, int cutLines) => (Places, Rows, CutLines) = (places, rows, cutLines);

    /// <summary>The nodes that are drawn, each before its children.</summary>
    public IReadOnlyList<TreePlace> Places { get; }

    /// <summary>The number of lines.</summary>
    public int Rows { get; }

    /// <summary>How many lines are left out.</summary>
    public int CutLines { get; }

    /// <summary>Finds every node's place.</summary>
    /// <param name="figure">The tree.</param>
    /// <param name="style">How labels are written.</param>
    /// <param name="note">How notes are written.</param>
    /// <param name="room">The width there is.</param>
    public static TreeLayout Of(TreeFigure figure, TextStyle style, TextStyle note, double room)
    {
        var places = new List<TreePlace>();
        var left = new Stack<(TreeFigureNode Node, TreePlace? Parent, bool OnItsLine)>([(figure.Root, null, true)]);
        int rows = 1, cutLines = 0;
        while (left.TryPop(out var next))
        {
            var (node, parent, onItsLine) = next;
            if (!onItsLine && rows + cutLines >= figure.MaxLines)
            {
                cutLines += Leaves(node);
                continue;
            }

            var text = Spell(node, style);
            var x = parent is null ? 0 : parent.Right + Gap(parent.Node);
            var place = new TreePlace(node, parent, x, Width(node, style), onItsLine ? parent?.Row ?? 0 : rows++, text);
            places.Add(place);
            if (node.Children.Count is 0)
                continue;
            // All of them or none: what is said of those left out stands in their place.
            if (place.Right + Gap(node) + node.Children.Max(c => Width(c, style) + Behind(c, note)) > room)
            {
                place.Cut = Count(node, _ => true) - 1;
                continue;
            }

            for (var i = node.Children.Count - 1; i >= 0; i--)
                left.Push((node.Children[i], place, i == 0));
        }

        return new TreeLayout(places, rows, cutLines);
    }

    /// <summary>The space between a node and its children.</summary>
    public static double Gap(TreeFigureNode parent) => parent.Children.Count > 1 ? BranchGap : ChainGap;

    /// <summary>What stands behind a node that ends a line: its note, or how many nodes had no room.</summary>
    public static string Ending(TreePlace place) => place.Cut > 0 ? $"… {Numbers.Count(place.Cut)} more" : place.Node.Children.Count is 0 ? VisibleText.Line(place.Node.Note) : "";

    private static string Spell(TreeFigureNode node, TextStyle style) =>
        style.Fit(VisibleText.Label(node.Label) is { Length: > 0 } label ? label : VisibleText.EmptyMark, LongestLabel);

    private static double Width(TreeFigureNode node, TextStyle style) => style.Width(Spell(node, style)) + 2 * Pad;

    // Room is kept for either.
    private static double Behind(TreeFigureNode node, TextStyle note) =>
        6 + Math.Max(note.Width(VisibleText.Line(node.Note)), node.Children.Count is 0 ? 0 : note.Width("… 99,999 more"));

    private static int Leaves(TreeFigureNode node) => Count(node, n => n.Children.Count is 0);

    private static int Count(TreeFigureNode root, Func<TreeFigureNode, bool> counts)
    {
        var left = new Stack<TreeFigureNode>([root]);
        var count = 0;
        while (left.TryPop(out var node))
        {
            count += counts(node) ? 1 : 0;
            foreach (var child in node.Children)
                left.Push(child);
        }

        return count;
    }
}
