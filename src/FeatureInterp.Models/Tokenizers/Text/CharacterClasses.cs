using System.Globalization;
using System.Text;

namespace FeatureInterp.Models.Tokenizers;

/// <summary>What the splitting patterns tell apart: the Unicode classes \p{L}, \p{N}, \s, the line ends among the latter, and the rest.</summary>
internal enum CharacterClass : byte
{
    /// <summary>Anything else: punctuation, symbols, marks, controls, what is not assigned.</summary>
    Other,

    /// <summary>\p{L}.</summary>
    Letter,

    /// <summary>\p{N}.</summary>
    Number,

    /// <summary>\s, but neither of the next.</summary>
    Space,

    /// <summary>U+000A and U+000D.</summary>
    LineEnd,

    /// <summary>Half a character: the table's answer for a surrogate by itself.</summary>
    Surrogate,
}

/// <summary>From characters to classes: a table for the first 65,536, the runtime's categories for those beyond.</summary>
internal static class CharacterClasses
{
    private static readonly CharacterClass[] OfUnit = Build();

    /// <summary>The class of the character that begins at <paramref name="at"/>, and how many units it has; a lone surrogate is U+FFFD.</summary>
    public static CharacterClass At(ReadOnlySpan<char> text, int at, out int units)
    {
        units = 1;
        var found = OfUnit[text[at]];
        return found == CharacterClass.Surrogate ? Beyond(text[at..], out units) : found;
    }

    /// <summary>Where the run of characters of one class ends that begins at or before <paramref name="at"/>.</summary>
    public static int RunEnd(ReadOnlySpan<char> text, int at, CharacterClass wanted)
    {
        while (at < text.Length)
        {
            var found = OfUnit[text[at]];
            var units = 1;
            if (found == CharacterClass.Surrogate)
                found = Beyond(text[at..], out units);
            if (found != wanted)
                break;
            at += units;
        }

        return at;
    }

    /// <summary>Whether the character is white space: Space or LineEnd. All of it is in the table.</summary>
    public static bool IsSpace(char character) => OfUnit[character] is CharacterClass.Space or CharacterClass.LineEnd;

    private static CharacterClass Beyond(ReadOnlySpan<char> text, out int units)
    {
        Rune.DecodeFromUtf16(text, out var rune, out units);
        return Of(Rune.GetUnicodeCategory(rune));
    }

    private static CharacterClass Of(UnicodeCategory category) => category switch
    {
        <= UnicodeCategory.OtherLetter => CharacterClass.Letter,
        UnicodeCategory.DecimalDigitNumber or UnicodeCategory.LetterNumber or UnicodeCategory.OtherNumber => CharacterClass.Number,
        _ => CharacterClass.Other,
    };

    private static CharacterClass[] Build()
    {
        var classes = new CharacterClass[0x10000];
        for (var c = 0; c < classes.Length; c++)
        {
            classes[c] = (char)c switch
            {
                '\n' or '\r' => CharacterClass.LineEnd,
                var unit when char.IsSurrogate(unit) => CharacterClass.Surrogate,
                var unit when char.IsWhiteSpace(unit) => CharacterClass.Space,
                var unit => Of(CharUnicodeInfo.GetUnicodeCategory(unit)),
            };
        }

        return classes;
    }
}
