using System.Text;

namespace FeatureInterp.Display;

/// <summary>Cuts, pads and wraps lines of text by a measure: terminal columns, or pixels of a font.</summary>
internal static class TextLayout
{
    public static string Truncate(string text, int cells) => Truncate(text, cells, rune => CellWidth.Of(rune));

    /// <summary>The text, or as much of it as leaves room for "…" within <paramref name="room"/>.</summary>
    public static string Truncate(string text, double room, Func<Rune, double> measure)
    {
        double total = 0, ellipsis = measure(new Rune('…'));
        var cut = 0;
        var position = 0;
        foreach (var rune in text.EnumerateRunes())
        {
            var width = measure(rune);
            total += width;
            position += rune.Utf16SequenceLength;
            if (total + ellipsis <= room)
                cut = position;
        }

        if (total <= room)
            return text;
        return room < ellipsis ? "" : string.Concat(text.AsSpan(0, cut), "…");
    }

    public static string PadRight(string text, int cells) => text + new string(' ', Math.Max(0, cells - CellWidth.Of(text)));

    public static string PadLeft(string text, int cells) => new string(' ', Math.Max(0, cells - CellWidth.Of(text))) + text;

    public static IReadOnlyList<string> Wrap(string text, int cells) => Wrap(text, cells, rune => CellWidth.Of(rune));

    /// <summary>Lines no wider than <paramref name="room"/>, broken at spaces, within a word only when it alone is too wide.</summary>
    public static IReadOnlyList<string> Wrap(string text, double room, Func<Rune, double> measure)
    {
        var lines = new List<string>();
        var line = new StringBuilder();
        double used = 0, space = measure(new Rune(' '));
        foreach (var word in text.Split(' ', StringSplitOptions.RemoveEmptyEntries))
        {
            var width = Measure(word, measure);
            if (line.Length > 0 && used + space + width > room)
                Flush();
            if (line.Length > 0)
            {
                line.Append(' ');
                used += space;
            }

            foreach (var rune in word.EnumerateRunes())
            {
                var step = measure(rune);
                if (line.Length > 0 && used + step > room)
                    Flush();
                line.Append(rune.ToString());
                used += step;
            }
        }

        if (line.Length > 0)
            Flush();
        return lines;

        void Flush()
        {
            lines.Add(line.ToString());
            line.Clear();
            used = 0;
        }
    }

    public static double Measure(string text, Func<Rune, double> measure)
    {
        double width = 0;
        foreach (var rune in text.EnumerateRunes())
            width += measure(rune);
        return width;
    }
}
