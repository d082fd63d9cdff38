using System.Globalization;

namespace FeatureInterp.Kernel.Notebooks;

/// <summary>
/// Splits HTML or SVG into tags and the text between them. In tags, coordinates are lengths, <c>#rrggbb</c> is three channels, and
/// every other value is read as text is; malformed markup only ends up in larger pieces.
/// </summary>
internal static class MarkupScanner
{
    private static readonly HashSet<string> Lengths = new(StringComparer.Ordinal)
    {
        "x", "y", "x1", "x2", "y1", "y2", "cx", "cy", "r", "rx", "ry", "dx", "dy", "width", "height", "d", "points", "transform", "viewBox",
    };

    private static readonly HashSet<string> Names = new(StringComparer.Ordinal) { "id", "href", "class", "clip-path", "mask", "for" };

    /// <summary>The tags and texts, in order, empty text between tags left out; and apart from them the dots of its scatters.</summary>
    public static (List<DiffUnit> Units, List<Dot> Dots) Scan(string markup)
    {
        var (units, dots) = (new List<DiffUnit>(), new List<Dot>());
        var (line, groups) = (1, 0);
        for (var start = 0; start < markup.Length;)
        {
            var isTag = markup[start] == '<';
            var end = isTag ? TagEnd(markup, start) : markup.IndexOf('<', start) is > 0 and var next ? next : markup.Length;
            var text = markup[start..end];
            if (isTag && text.StartsWith("<g", StringComparison.Ordinal))
                groups++;
            if (isTag && Dot.Read(text, groups) is { } drawn)
                dots.AddRange(drawn);
            else if (!string.IsNullOrWhiteSpace(text))
                units.Add(new DiffUnit(line, text, isTag ? OfTag(text) : TextScanner.Scan(text.Trim())));
            line += text.AsSpan().Count('\n');
            start = end;
        }

        return (units, dots);
    }

    private static int TagEnd(string markup, int start)
    {
        var quote = '\0';
        for (var i = start + 1; i < markup.Length; i++)
        {
            var c = markup[i];
            if (quote != '\0')
                quote = c == quote ? '\0' : quote;
            else if (c is '"' or '\'')
                quote = c;
            else if (c == '>')
                return i + 1;
        }

        return markup.Length;
    }

    private static List<TextPiece> OfTag(string tag)
    {
        var pieces = new List<TextPiece>();
        var done = 0;
        while (tag.IndexOf('=', done) is >= 0 and var equals && equals + 1 < tag.Length && tag[equals + 1] is '"' or '\'')
        {
            var end = tag.IndexOf(tag[equals + 1], equals + 2);
            if (end < 0)
                break;
            pieces.Add(new TextPiece(PieceKind.Literal, tag[done..(equals + 2)]));
            var nameStart = equals;
            while (nameStart > done && !char.IsWhiteSpace(tag[nameStart - 1]))
                nameStart--;
            AddValue(pieces, tag[nameStart..equals], tag[(equals + 2)..end]);
            done = end;
        }

        pieces.Add(new TextPiece(PieceKind.Literal, tag[done..]));
        return pieces;
    }

    private static void AddValue(List<TextPiece> pieces, string name, string value)
    {
        if (Names.Contains(name))
            pieces.Add(new TextPiece(PieceKind.Literal, value));
        else if (Lengths.Contains(name) && !value.Contains("scale", StringComparison.Ordinal) && !value.Contains("matrix", StringComparison.Ordinal))
            pieces.AddRange(TextScanner.Scan(value, PieceKind.Length));
        else
            AddWithColours(pieces, value);
    }

    private static void AddWithColours(List<TextPiece> pieces, string value)
    {
        var done = 0;
        for (var i = 0; i < value.Length; i++)
        {
            if (value[i] != '#' || i + 7 > value.Length || value.AsSpan(i + 1, 6).IndexOfAnyExcept(HexDigits) >= 0 || i + 7 < value.Length && char.IsAsciiLetterOrDigit(value[i + 7]))
                continue;
            pieces.AddRange(TextScanner.Scan(value[done..i]));
            for (var channel = i + 1; channel < i + 7; channel += 2)
            {
                var hex = value.Substring(channel, 2);
                pieces.Add(new TextPiece(PieceKind.Channel, hex, byte.Parse(hex, NumberStyles.HexNumber, CultureInfo.InvariantCulture), 1, IsWhole: true));
            }

            done = i + 7;
            i += 6;
        }

        pieces.AddRange(TextScanner.Scan(value[done..]));
    }

    private static readonly System.Buffers.SearchValues<char> HexDigits = System.Buffers.SearchValues.Create("0123456789abcdefABCDEF");
}
