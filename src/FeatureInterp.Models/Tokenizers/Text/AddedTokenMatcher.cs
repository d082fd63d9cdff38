using System.Buffers;
using System.Collections.Frozen;
using System.Globalization;
using System.Text;

namespace FeatureInterp.Models.Tokenizers;

/// <summary>Finds added tokens in text: the leftmost first, the longest where several begin at one place.</summary>
internal sealed class AddedTokenMatcher
{
    private readonly SearchValues<string> anywhere;
    private readonly FrozenDictionary<string, AddedToken> tokens;
    private readonly int[] lengths;

    /// <param name="tokens">What each token looks like in the text to be searched, and the token; none of them empty.</param>
    public AddedTokenMatcher(IReadOnlyDictionary<string, AddedToken> tokens)
    {
        this.tokens = tokens.ToFrozenDictionary(StringComparer.Ordinal);
        anywhere = SearchValues.Create([.. this.tokens.Keys], StringComparison.Ordinal);
        lengths = [.. this.tokens.Keys.Select(k => k.Length).Distinct().OrderDescending()];
    }

    /// <summary>Cuts the text at the added tokens: pieces in order, none empty, a null token standing for plain text.</summary>
    public IEnumerable<(AddedToken? Token, int Start, int End)> Split(ReadOnlyMemory<char> text)
    {
        var taken = 0;
        while (Next(text.Span, taken) is var (token, start, end))
        {
            if (taken < start)
                yield return (null, taken, start);
            yield return (token, start, end);
            taken = end;
        }

        if (taken < text.Length)
            yield return (null, taken, text.Length);
    }

    /// <summary>
    /// The next token in what is not taken yet, with the white space that it strips. A token that must stand alone and does
    /// not is passed over whole.
    /// </summary>
    private (AddedToken Token, int Start, int End)? Next(ReadOnlySpan<char> text, int taken)
    {
        for (var read = taken; text[read..].IndexOfAny(anywhere) is var gap and >= 0;)
        {
            var start = read + gap;
            var (token, length) = Longest(text[start..]);
            var end = start + length;
            read = end;
            if (token.SingleWord && (EndsWithWord(text[..start]) || StartsWithWord(text[end..])))
                continue;
            if (token.StripLeft)
                start = taken + text[taken..start].TrimEnd().Length;
            if (token.StripRight)
                end = text.Length - text[end..].TrimStart().Length;
            return (token, start, end);
        }

        return null;
    }

    private (AddedToken Token, int Length) Longest(ReadOnlySpan<char> text)
    {
        var lookup = tokens.GetAlternateLookup<ReadOnlySpan<char>>();
        foreach (var length in lengths)
        {
            if (length <= text.Length && lookup.TryGetValue(text[..length], out var token))
                return (token, length);
        }

        throw new InvalidOperationException("the search found an added token that the table does not have");
    }

    private static bool EndsWithWord(ReadOnlySpan<char> text) =>
        Rune.DecodeLastFromUtf16(text, out var rune, out _) == OperationStatus.Done && IsWord(rune);

    private static bool StartsWithWord(ReadOnlySpan<char> text) =>
        Rune.DecodeFromUtf16(text, out var rune, out _) == OperationStatus.Done && IsWord(rune);

    /// <summary>Unicode's \w: alphabetic characters, marks, decimal digits, connectors, joiners.</summary>
    private static bool IsWord(Rune rune) => Rune.GetUnicodeCategory(rune) switch
    {
        UnicodeCategory.UppercaseLetter or UnicodeCategory.LowercaseLetter or UnicodeCategory.TitlecaseLetter
            or UnicodeCategory.ModifierLetter or UnicodeCategory.OtherLetter or UnicodeCategory.LetterNumber
            or UnicodeCategory.NonSpacingMark or UnicodeCategory.SpacingCombiningMark or UnicodeCategory.EnclosingMark
            or UnicodeCategory.DecimalDigitNumber or UnicodeCategory.ConnectorPunctuation => true,

        // Circled and squared Latin letters are symbols by category and alphabetic by property.
        UnicodeCategory.OtherSymbol => rune.Value is (>= 0x24B6 and <= 0x24E9) or (>= 0x1F130 and <= 0x1F149)
            or (>= 0x1F150 and <= 0x1F169) or (>= 0x1F170 and <= 0x1F189),
        _ => rune.Value is 0x200C or 0x200D,
    };
}
