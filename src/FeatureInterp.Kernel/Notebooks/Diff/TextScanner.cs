using System.Globalization;
using System.Text;

namespace FeatureInterp.Kernel.Notebooks;

/// <summary>
/// Splits text into numbers and what stands between them. Digits within a word (<c>gemma2</c>, <c>blocks.20.hook</c>, <c>1.2.3</c>) are
/// not numbers but part of a name. A number with a unit of time after it, a rate (<c>… tokens/s</c>), a time of day and an amount
/// of memory are pieces of their own kinds. A run of blanks counts as one, a rule of three or more lines as three: columns
/// are as wide as the numbers in them.
/// </summary>
internal sealed class TextScanner(string text, PieceKind numbers)
{
    private readonly List<TextPiece> _pieces = [];
    private readonly StringBuilder _literal = new();
    private int _at;

    /// <summary>The pieces of <paramref name="text"/>.</summary>
    /// <param name="text">A line, or a stretch of one.</param>
    /// <param name="numbers">What its numbers are: <see cref="PieceKind.Number"/>, or lengths or channels, which may follow a letter.</param>
    public static List<TextPiece> Scan(string text, PieceKind numbers = PieceKind.Number) => new TextScanner(text, numbers).Run();

    private List<TextPiece> Run()
    {
        while (_at < text.Length)
        {
            if (TryClock() || TryNumber())
                continue;
            if (numbers == PieceKind.Number && IsWord(text[_at]))
                TakeName();
            else
                TakeOther();
        }

        CloseLiteral();
        return _pieces;
    }

    // A word with the digits, points and hyphens that hang on it.
    private void TakeName()
    {
        var start = _at++;
        while (_at < text.Length && (IsWord(text[_at]) || text[_at] is '.' or '-' && _at + 1 < text.Length && IsWord(text[_at + 1])))
            _at++;
        _literal.Append(text, start, _at - start);
    }

    private void TakeOther()
    {
        var c = text[_at++];
        if (char.IsWhiteSpace(c))
        {
            while (_at < text.Length && char.IsWhiteSpace(text[_at]))
                _at++;
            _literal.Append(' ');
            return;
        }

        var start = _at - 1;
        while (c is '-' or '─' or '═' or '=' or '_' && _at < text.Length && text[_at] == c)
            _at++;
        _literal.Append(c, Math.Min(3, _at - start));
    }

    private bool TryNumber()
    {
        var start = _at;
        if (Signed(start) is var digits && (digits >= text.Length || !StartsNumber(digits)))
            return false;
        var end = NumberEnd(digits, out var whole, out var places);
        // 1.2.3 is a version, 2gram a name.
        if (numbers == PieceKind.Number && end < text.Length && (IsWord(text[end]) && Unit(end) is null || text[end] == '.' && end + 1 < text.Length && char.IsAsciiDigit(text[end + 1])))
            return false;
        var written = text[start..end];
        var unit = numbers == PieceKind.Number ? Unit(end) : null;
        var value = double.Parse(written.Replace(",", "", StringComparison.Ordinal).Replace('\u2212', '-'), NumberStyles.Float, CultureInfo.InvariantCulture);
        CloseLiteral();
        if (unit is { } found)
        {
            _pieces.Add(new TextPiece(found.Kind, text[start..found.End]));
            _at = found.End;
        }
        else
        {
            _pieces.Add(new TextPiece(numbers, written, value, Math.Pow(10, places), whole));
            _at = end;
        }

        return true;
    }

    // Where the digits start: after a sign that is not a hyphen or a minus between two operands.
    private int Signed(int at) =>
        text[at] is '-' or '+' or '\u2212' && (at == 0 || !IsWord(text[at - 1]) && text[at - 1] is not (')' or ']') || numbers != PieceKind.Number) ? at + 1 : at;

    private bool StartsNumber(int at)
    {
        var isDigit = char.IsAsciiDigit(text[at]);
        if (!isDigit && !(text[at] == '.' && at + 1 < text.Length && char.IsAsciiDigit(text[at + 1])))
            return false;
        return numbers != PieceKind.Number || at == 0 || !IsWord(text[at - 1]) && (isDigit || text[at - 1] != '.');
    }

    private int NumberEnd(int at, out bool whole, out int places)
    {
        (whole, places) = (true, 0);
        var end = at;
        while (end < text.Length && char.IsAsciiDigit(text[end]))
            end++;
        for (var grouped = numbers == PieceKind.Number && end - at is > 0 and <= 3; grouped && IsGroup(end);)
            end += 4;
        if (end < text.Length && text[end] == '.' && (numbers != PieceKind.Number || end + 1 < text.Length && char.IsAsciiDigit(text[end + 1])))
        {
            whole = false;
            for (end++; end < text.Length && char.IsAsciiDigit(text[end]); end++)
                places--;
        }

        if (end < text.Length && text[end] is 'e' or 'E')
        {
            var exponent = end + 1 < text.Length && text[end + 1] is '+' or '-' ? end + 2 : end + 1;
            var stop = exponent;
            while (stop < text.Length && char.IsAsciiDigit(text[stop]))
                stop++;
            if (stop > exponent && stop - exponent <= 4)
            {
                whole = false;
                places += int.Parse(text.AsSpan()[(end + 1)..stop], NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture);
                end = stop;
            }
        }

        return end;
    }

    // ",123" with no fourth digit.
    private bool IsGroup(int at) =>
        at + 3 < text.Length && text[at] == ',' && text.AsSpan(at + 1, 3).IndexOfAnyExceptInRange('0', '9') < 0 && (at + 4 == text.Length || !char.IsAsciiDigit(text[at + 4]));

    // 17:35, 17:35:02.5, 2026-11-24, 2026-11-24T17:35:02Z
    private bool TryClock()
    {
        if (numbers != PieceKind.Number || !char.IsAsciiDigit(text[_at]) || _at > 0 && (IsWord(text[_at - 1]) || text[_at - 1] is '.' or ':' or '-'))
            return false;
        var end = DateEnd(_at) is { } date ? (date < text.Length && text[date] is 'T' or ' ' && ClockEnd(date + 1) is { } both ? both : date) : ClockEnd(_at);
        if (end is not { } stop || stop < text.Length && char.IsAsciiDigit(text[stop]))
            return false;
        CloseLiteral();
        _pieces.Add(new TextPiece(PieceKind.Time, text[_at..stop]));
        _at = stop;
        return true;
    }

    private int? DateEnd(int at) => Matches(at, "dddd-dd-dd");

    private int? ClockEnd(int at)
    {
        if (Matches(at, "dd:dd:dd") is not { } end)
            return Matches(at, "dd:dd");
        if (end + 1 < text.Length && text[end] == '.' && char.IsAsciiDigit(text[end + 1]))
        {
            for (end++; end < text.Length && char.IsAsciiDigit(text[end]);)
                end++;
        }

        return end < text.Length && text[end] == 'Z' ? end + 1 : end;
    }

    private int? Matches(int at, string pattern) =>
        at + pattern.Length <= text.Length && pattern.Index().All(p => p.Item == 'd' ? char.IsAsciiDigit(text[at + p.Index]) : text[at + p.Index] == p.Item) ? at + pattern.Length : null;

    private (PieceKind Kind, int End)? Unit(int at)
    {
        var start = at < text.Length && text[at] == ' ' ? at + 1 : at;
        var end = start;
        while (end < text.Length && (char.IsLetter(text[end]) || text[end] == '/'))
            end++;
        if (end < text.Length && char.IsAsciiDigit(text[end]))
            return null;
        return text[start..end] switch
        {
            "ns" or "µs" or "μs" or "us" or "ms" or "s" or "sec" or "second" or "seconds" or "minutes" or "hours" => (PieceKind.Time, end),
            "min" or "h" when !NumberFollows(end) => (PieceKind.Time, end),
            "kB" or "KB" or "KiB" or "MB" or "MiB" or "GB" or "GiB" or "TB" or "TiB" or "bytes" => (PieceKind.Size, end),
            var rate when rate.EndsWith("/s", StringComparison.Ordinal) => (PieceKind.Time, end),
            _ => null,
        };
    }

    // "5 min -2.8" speaks of a minimum.
    private bool NumberFollows(int at) =>
        text.AsSpan(at).TrimStart() is { Length: > 0 } rest && (char.IsAsciiDigit(rest[0]) || rest[0] is '-' or '+' or '\u2212' or '.');

    private static bool IsWord(char c) => char.IsLetterOrDigit(c) || c == '_';

    private void CloseLiteral()
    {
        if (_literal.Length > 0)
            _pieces.Add(new TextPiece(PieceKind.Literal, _literal.ToString()));
        _literal.Clear();
    }
}
