namespace FeatureInterp.Display;

/// <summary>Writes a tree as lines: only children follow on the line of their parent, the others begin lines of their own under it.</summary>
internal static class TreeFigureText
{
    public static string Write(TreeFigure figure, int width)
    {
        var text = new TextBlock(width);
        if (figure.Title.Length > 0)
            text.Wrapped(VisibleText.Line(figure.Title));
        var left = new Stack<(TreeFigureNode Node, string Branch, string Below)>([(figure.Root, "", "")]);
        int lines = 0, cut = 0;
        while (left.TryPop(out var next))
        {
            var (node, branch, below) = next;
            var words = TokenContexts.Spell(node.Label);
            while (node.Children.Count is 1)
            {
                node = node.Children[0];
                words += TokenContexts.Spell(node.Label);
            }

            if (lines < figure.MaxLines)
                Line(text, branch, words, VisibleText.Line(node.Note));
            else
                cut++;
            lines++;
            for (var i = node.Children.Count - 1; i >= 0; i--)
            {
                var isLast = i == node.Children.Count - 1;
                left.Push((node.Children[i], below + (isLast ? "└─" : "├─"), below + (isLast ? "  " : "│ ")));
            }
        }

        if (cut > 0)
            text.Line($"… {Numbers.Count(cut, "more line")}");
        if (figure.Note.Length > 0)
            text.Wrapped(VisibleText.Line(figure.Note));
        return text.ToString();
    }

    // Of deep branches the part nearest the words; the note stays whatever is cut.
    private static void Line(TextBlock text, string branch, string words, string note)
    {
        var most = text.Width / 2;
        var shown = branch.Length > most ? "⋯" + branch[^(most - 1)..] : branch;
        var behind = note.Length is 0 ? "" : "  " + TextLayout.Truncate(note, text.Width / 4);
        text.Line(shown + TextLayout.Truncate(words, text.Width - CellWidth.Of(shown) - CellWidth.Of(behind)) + behind);
    }
}
