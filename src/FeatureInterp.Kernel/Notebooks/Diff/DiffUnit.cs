namespace FeatureInterp.Kernel.Notebooks;

/// <summary>What is compared as one: a line of text, or a tag or the text between two tags of HTML or SVG.</summary>
/// <param name="Line">The output's line it starts on, from 1.</param>
/// <param name="Text">As it stands in the output.</param>
/// <param name="Pieces">Its numbers and what stands between them.</param>
internal sealed record DiffUnit(int Line, string Text, List<TextPiece> Pieces)
{
    /// <summary>The lines of plain text. A line that rewrote itself with carriage returns (progress) counts as it ended; blanks at the ends of lines and empty lines at the end do not count.</summary>
    public static List<DiffUnit> OfText(string text)
    {
        var lines = text.Split('\n').Select(l => l.TrimEnd()).Select(l => l[(l.LastIndexOf('\r') + 1)..]).ToList();
        while (lines is [.., ""])
            lines.RemoveAt(lines.Count - 1);
        return [.. lines.Select((l, i) => new DiffUnit(i + 1, l, TextScanner.Scan(l.Trim())))];
    }

    /// <summary>Whether the units are the same but for what the tolerance allows.</summary>
    public static bool Same(DiffUnit a, DiffUnit b, DiffTolerance tolerance)
    {
        if (string.Equals(a.Text, b.Text, StringComparison.Ordinal))
            return true;
        if (a.Pieces.Count != b.Pieces.Count)
            return false;
        for (var i = 0; i < a.Pieces.Count; i++)
        {
            if (!TextPiece.Same(a.Pieces[i], b.Pieces[i], tolerance))
                return false;
        }

        return true;
    }
}
