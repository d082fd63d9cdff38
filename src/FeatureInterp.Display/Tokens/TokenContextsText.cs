using System.Text;

namespace FeatureInterp.Display;

/// <summary>A concordance in a terminal: <c>label  what stands before|token|what stands after</c>, the bars under one another.</summary>
internal static class TokenContextsText
{
    private const int WidestLabel = 20;
    private const double FocusAt = 0.6;

    public static string Write(TokenContexts contexts, int width)
    {
        var text = new TextBlock(width);
        if (contexts.Title.Length > 0)
            text.Wrapped(VisibleText.Line(contexts.Title));
        if (contexts.Lines.Count is 0)
            text.Line("no places");
        var lines = contexts.Shown.ToList();
        var labels = lines.Select(l => TextLayout.Truncate(VisibleText.Line(l.Label), Math.Min(WidestLabel, width / 3))).ToList();
        var gutter = labels.Select(CellWidth.Of).DefaultIfEmpty(0).Max();
        var before = (int)((width - gutter - 4) * FocusAt);
        for (var i = 0; i < lines.Count; i++)
        {
            var line = lines[i];
            var spelled = line.Tokens.Select(TokenContexts.Spell).ToList();
            var left = TailOf(string.Concat(spelled.Take(line.Focus)), before);
            // The line is cut where it gets too wide.
            text.Line(TextLayout.PadLeft(labels[i], gutter) + (gutter > 0 ? "  " : "") + TextLayout.PadLeft(left, before) +
                "|" + spelled[line.Focus] + "|" + string.Concat(spelled.Skip(line.Focus + 1)));
        }

        if (contexts.Footnote.Length > 0)
            text.Line(contexts.Footnote);
        return text.ToString();
    }

    /// <summary>As much of the end of a text as leaves room for "…" in front.</summary>
    private static string TailOf(string text, int cells)
    {
        if (CellWidth.Of(text) <= cells)
            return text;
        var runes = text.EnumerateRunes().ToList();
        var (first, used) = (runes.Count, 1);
        while (first > 0 && used + CellWidth.Of(runes[first - 1]) <= cells)
            used += CellWidth.Of(runes[--first]);
        var tail = new StringBuilder("…");
        foreach (var rune in runes.Skip(first))
            tail.Append(rune.ToString());
        return tail.ToString();
    }
}
