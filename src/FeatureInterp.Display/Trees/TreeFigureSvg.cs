namespace FeatureInterp.Display;

/// <summary>Draws a tree: edges first, the labels in boxes on top.</summary>
internal static class TreeFigureSvg
{
    private const double Step = 24;
    private const double BoxHeight = 19;
    private const double Hairline = 1;
    private const double Widest = 11;
    private static readonly TextStyle s_label = TextStyle.Label;

    /// <summary>The drawing.</summary>
    /// <param name="figure">The tree.</param>
    /// <param name="room">The width the tree may take.</param>
    /// <param name="textWidth">The width of title and note, unless the tree is wider.</param>
    public static SvgDrawing LayOut(TreeFigure figure, double room, double textWidth)
    {
        var layout = TreeLayout.Of(figure, s_label, TextStyle.Note, room);
        var tree = Tree(layout);
        var width = Math.Max(textWidth, tree.Width);
        var parts = new List<SvgDrawing>();
        if (figure.Title.Length > 0)
            parts.Add(SvgDrawing.Paragraph(VisibleText.Line(figure.Title), TextStyle.Title, width, maxLines: 3));
        parts.Add(tree);
        if (layout.CutLines > 0)
            parts.Add(SvgDrawing.Paragraph($"… {Numbers.Count(layout.CutLines, "more line")}", TextStyle.Note, width));
        if (figure.Note.Length > 0)
            parts.Add(SvgDrawing.Paragraph(VisibleText.Line(figure.Note), TextStyle.Note, width));
        return SvgDrawing.Stack(parts, 10);
    }

    private static SvgDrawing Tree(TreeLayout layout)
    {
        var width = layout.Places.Max(p => p.Right + 6 + TextStyle.Note.Width(TreeLayout.Ending(p)));
        return new(width, layout.Rows * Step, svg =>
        {
            // Thin ones last: where edges part, none is hidden by a wider one.
            foreach (var place in layout.Places.Where(p => p.Parent is not null).OrderByDescending(p => Thickness(p.Node)))
            {
                svg.OpenStroke(Palette.Cool, Thickness(place.Node));
                svg.Path(Edge(place, place.Parent!));
                svg.Close();
            }

            foreach (var place in layout.Places)
                Box(svg, place);
        });
    }

    private static string Edge(TreePlace place, TreePlace parent)
    {
        string from = Numbers.Pixel(parent.Right), y = Numbers.Pixel(Middle(parent)), to = Numbers.Pixel(place.X);
        if (place.Row == parent.Row)
            return $"M{from} {y}L{to} {y}";
        var part = Numbers.Pixel(parent.Right + TreeLayout.Gap(parent.Node) / 2);
        return $"M{from} {y}L{part} {y}V{Numbers.Pixel(Middle(place))}L{to} {Numbers.Pixel(Middle(place))}";
    }

    private static void Box(SvgWriter svg, TreePlace place)
    {
        var top = place.Row * Step + (Step - BoxHeight) / 2;
        var isRoot = place.Parent is null;
        svg.Open("g");
        if (place.Node.Hover.Length > 0)
            svg.Hover(VisibleText.Line(place.Node.Hover));
        svg.Rect(place.X, top, place.Width, BoxHeight, isRoot ? Palette.Grid : Palette.Panel, radius: 4);
        svg.Outline(place.X + 0.5, top + 0.5, place.Width - 1, BoxHeight - 1, Palette.Frame, radius: 3.5);
        svg.Text(place.X + place.Width / 2, top + 13.5, place.Text, s_label with { Anchor = Anchor.Middle, Bold = isRoot });
        if (TreeLayout.Ending(place) is { Length: > 0 } ending)
            svg.Text(place.Right + 6, top + 13, ending, TextStyle.Note);
        svg.Close();
    }

    private static double Middle(TreePlace place) => (place.Row + 0.5) * Step;

    private static double Thickness(TreeFigureNode node) => Hairline + (Widest - Hairline) * (node.Weight > 0 ? Math.Min(1, node.Weight) : 0);
}
