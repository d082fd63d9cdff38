using System.Globalization;
using System.Text;

namespace FeatureInterp.Display;

/// <summary>
/// Makes any string safe to show on one line: what cannot be seen, would break XML, would steer a terminal, or would
/// reorder the text around it is replaced by a mark that can be seen.
/// </summary>
internal static class VisibleText
{
    public const string SpaceMark = "␣";
    public const string NewlineMark = "↵";
    public const string TabMark = "⇥";
    public const string EmptyMark = "∅";

    private const int ZeroWidthNonJoiner = 0x200C;
    private const int ZeroWidthJoiner = 0x200D;

    /// <summary>One line of text; spaces stay spaces.</summary>
    public static string Line(string? text) => Mark(text, " ");

    /// <summary>A label or a cell: as <see cref="Line"/>, with spaces at either end marked, since a token is often told from another by them.</summary>
    public static string Label(string? text)
    {
        var line = Line(text);
        var middle = line.Trim(' ');
        var start = middle.Length is 0 ? line.Length : line.Length - line.TrimStart(' ').Length;
        return string.Concat(Enumerable.Repeat(SpaceMark, start)) + middle +
            string.Concat(Enumerable.Repeat(SpaceMark, line.Length - start - middle.Length));
    }

    /// <summary>A token: as <see cref="Line"/>, with spaces marked as well and a mark for the empty string.</summary>
    public static string Token(string? text) => string.IsNullOrEmpty(text) ? EmptyMark : Mark(text, SpaceMark);

    private static string Mark(string? text, string space)
    {
        if (string.IsNullOrEmpty(text))
            return "";
        var line = new StringBuilder(text.Length);
        // A lone surrogate comes out of EnumerateRunes as U+FFFD.
        foreach (var rune in text.EnumerateRunes())
        {
            _ = rune.Value switch
            {
                ' ' => line.Append(space),
                '\n' => line.Append(NewlineMark),
                '\t' => line.Append(TabMark),
                < 0x20 => line.Append((char)(0x2400 + rune.Value)),
                0x7F => line.Append('␡'),
                _ when IsInvisible(rune) => line.Append(CultureInfo.InvariantCulture, $"⟨U+{rune.Value:X4}⟩"),
                _ => line.Append(rune.ToString()),
            };
        }

        return line.ToString();
    }

    // Joiners shape letters and emoji and reorder nothing; everything else of these classes hides or reorders.
    private static bool IsInvisible(Rune rune) => rune.Value is not ZeroWidthJoiner and not ZeroWidthNonJoiner &&
        (rune.Value & 0xFFFE) is not 0xFFFE
            ? Rune.GetUnicodeCategory(rune) is UnicodeCategory.Control or UnicodeCategory.Format
                or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator
            : (rune.Value & 0xFFFE) is 0xFFFE;
}
