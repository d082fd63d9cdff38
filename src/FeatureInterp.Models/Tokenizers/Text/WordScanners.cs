namespace FeatureInterp.Models.Tokenizers;

/// <summary>Finds where the match ends that begins at a place in the text. There is a match at every place.</summary>
internal delegate int WordScanner(ReadOnlySpan<char> text, int start);

/// <summary>
/// The splitting patterns of the model families, written out by hand: each takes time linear in the text, whatever it holds.
/// They are recognised by their exact spelling; <see cref="RegexPattern"/> is what any other pattern gets, and the tests' twin of these.
/// </summary>
internal static class WordScanners
{
    /// <summary>GPT-2's: contractions, a space and letters, a space and digits, a space and other characters, white space.</summary>
    public const string Gpt2Pattern = @"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+";

    /// <summary>Llama 3's: letters with any one character before them, digits by threes, line ends kept with what is before them.</summary>
    public const string Llama3Pattern = Front + @"\p{N}{1,3}" + Back;

    /// <summary>That of Qwen 2 to 3: as Llama 3's, with digits one by one.</summary>
    public const string Qwen2Pattern = Front + @"\p{N}" + Back;

    private const string Front = @"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|";
    private const string Back = @"| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+";

    /// <summary>The scanner for a pattern, or null where there is none.</summary>
    public static WordScanner? For(string pattern) => pattern switch
    {
        Gpt2Pattern => Gpt2,
        Llama3Pattern => Llama3,
        Qwen2Pattern => Qwen2,
        _ => null,
    };

    /// <summary><see cref="Gpt2Pattern"/>.</summary>
    public static int Gpt2(ReadOnlySpan<char> text, int start)
    {
        if (text[start] == '\'' && Contraction(text[(start + 1)..], ignoreCase: false) is var length and > 0)
            return start + 1 + length;
        var kind = CharacterClasses.At(text, start, out var units);
        if (text[start] == ' ' && start + 1 < text.Length && !CharacterClasses.IsSpace(text[start + 1]))
        {
            start++;
            kind = CharacterClasses.At(text, start, out units);
        }

        return kind is CharacterClass.Space or CharacterClass.LineEnd
            ? WhiteSpace(text, start, SpaceEnd(text, start))
            : CharacterClasses.RunEnd(text, start + units, kind);
    }

    /// <summary><see cref="Llama3Pattern"/>.</summary>
    public static int Llama3(ReadOnlySpan<char> text, int start) => Modern(text, start, digits: 3);

    /// <summary><see cref="Qwen2Pattern"/>.</summary>
    public static int Qwen2(ReadOnlySpan<char> text, int start) => Modern(text, start, digits: 1);

    private static int Modern(ReadOnlySpan<char> text, int start, int digits)
    {
        if (text[start] == '\'' && Contraction(text[(start + 1)..], ignoreCase: true) is var length and > 0)
            return start + 1 + length;
        var kind = CharacterClasses.At(text, start, out var units);
        var second = start + units;
        if (kind == CharacterClass.Letter)
            return CharacterClasses.RunEnd(text, second, CharacterClass.Letter);
        if (kind == CharacterClass.Number)
            return Digits(text, second, digits - 1);
        var after = second < text.Length && kind != CharacterClass.LineEnd ? CharacterClasses.At(text, second, out _) : CharacterClass.LineEnd;
        if (after == CharacterClass.Letter)
            return CharacterClasses.RunEnd(text, second, CharacterClass.Letter);
        if (kind == CharacterClass.Other || (text[start] == ' ' && after == CharacterClass.Other))
            return CharacterClasses.RunEnd(text, CharacterClasses.RunEnd(text, second, CharacterClass.Other), CharacterClass.LineEnd);

        // White space up to the last line end in it, or else as GPT-2's.
        var end = SpaceEnd(text, start);
        var line = text[start..end].LastIndexOfAny('\r', '\n');
        return line >= 0 ? start + line + 1 : WhiteSpace(text, start, end);
    }

    private static int Digits(ReadOnlySpan<char> text, int at, int most)
    {
        for (; most > 0 && at < text.Length && CharacterClasses.At(text, at, out var units) == CharacterClass.Number; most--)
            at += units;
        return at;
    }

    private static int SpaceEnd(ReadOnlySpan<char> text, int at)
    {
        while (at < text.Length && CharacterClasses.IsSpace(text[at]))
            at++;
        return at;
    }

    /// <summary>White space that something follows leaves its last character to that, unless it has no other.</summary>
    private static int WhiteSpace(ReadOnlySpan<char> text, int start, int end) =>
        end < text.Length && end - start > 1 ? end - 1 : end;

    /// <summary>How many characters of a contraction stand behind an apostrophe; 0 for none.</summary>
    private static int Contraction(ReadOnlySpan<char> text, bool ignoreCase)
    {
        if (text.Length == 0)
            return 0;
        var first = ignoreCase ? Fold(text[0]) : text[0];
        if (first is 's' or 't' or 'm' or 'd')
            return 1;
        if (text.Length == 1)
            return 0;
        var second = ignoreCase ? Fold(text[1]) : text[1];
        return (first, second) is ('r', 'e') or ('v', 'e') or ('l', 'l') ? 2 : 0;
    }

    // U+017F, the long s, is the one letter outside ASCII whose case folds to one of these.
    private static char Fold(char letter) => letter == '\u017F' ? 's' : char.ToLowerInvariant(letter);
}
