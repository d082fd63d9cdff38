using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;

namespace FeatureInterp.Models.Tokenizers;

/// <summary>
/// A regular expression as the reference library understands it (Oniguruma, over code points), done by the runtime's engine, which
/// works on UTF-16 units: characters beyond U+FFFF are shown to it as one unit of the same category. Where the pattern allows it the
/// engine does not backtrack; where it does, a time limit keeps hostile text from holding it up.
/// </summary>
internal sealed class RegexPattern : Pattern
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(20);

    /// <summary>
    /// For each category, in the enumeration's order, a character of it that no tokenizer's pattern is likely to name: from Vai, Yi, Bamum
    /// and the like. White space and controls do not occur beyond U+FFFF.
    /// </summary>
    private static readonly char[] StandIns =
    [
        '\uA640', '\uA641', '\u01C5', '\uA015', '\uA000', '\uA66F', '\uA823', '\uA670', '\uA620', '\uA6E6', '\uA830', ' ', '\u2028',
        '\u2029', '\u0001', '\u2060', '\uFFFD', '\uE000', '\u203F', '\u2E17', '\u2E28', '\u2E29', '\u2E02', '\u2E03', '\uA673', '\u2A00',
        '\u20A0', '\uA700', '\uA490', '\uFDD0',
    ];

    private readonly Regex regex;
    private readonly string source;
    private readonly string file;

    /// <param name="source">The pattern as the file has it.</param>
    /// <param name="file">The file, for messages.</param>
    /// <exception cref="NotSupportedException">The pattern holds something that is not translated; the message says what.</exception>
    public RegexPattern(string source, string file)
    {
        this.source = source;
        this.file = file;
        var translated = RegexTranslation.ToDotNet(source);
        try
        {
            regex = new Regex(translated, RegexOptions.CultureInvariant | RegexOptions.NonBacktracking, Limit);
        }
        catch (NotSupportedException)
        {
            regex = Backtracking(translated);
        }
        catch (ArgumentException e)
        {
            throw new NotSupportedException("what it does not understand: " + e.Message.TrimEnd('.'), e);
        }
    }

    public override void Find(ReadOnlySpan<char> text, List<(int Start, int End)> matches)
    {
        try
        {
            if (text.IndexOfAnyInRange('\uD800', '\uDFFF') < 0)
            {
                foreach (var match in regex.EnumerateMatches(text))
                    matches.Add((match.Index, match.Index + match.Length));
                return;
            }

            var flat = Flatten(text, out var starts);
            foreach (var match in regex.EnumerateMatches(flat))
                matches.Add((starts[match.Index], starts[match.Index + match.Length]));
        }
        catch (RegexMatchTimeoutException e)
        {
            throw new TokenizerException(
                file, $"the pattern {source} takes more than {Limit.TotalSeconds} s on a text of {text.Length} characters", "tokenize the text in parts", e);
        }
    }

    private static Regex Backtracking(string translated)
    {
        try
        {
            return new Regex(translated, RegexOptions.CultureInvariant | RegexOptions.Compiled, Limit);
        }
        catch (ArgumentException e)
        {
            throw new NotSupportedException("what it does not understand: " + e.Message.TrimEnd('.'), e);
        }
    }

    /// <summary>One unit for each character, and where each begins in the text, the text's end included.</summary>
    private static char[] Flatten(ReadOnlySpan<char> text, out int[] starts)
    {
        var flat = new char[text.Length];
        starts = new int[text.Length + 1];
        var count = 0;
        for (int at = 0, units; at < text.Length; at += units)
        {
            starts[count] = at;
            units = 1;
            if (!char.IsSurrogate(text[at]))
            {
                flat[count++] = text[at];
                continue;
            }

            Rune.DecodeFromUtf16(text[at..], out var rune, out units);
            flat[count++] = rune.IsBmp ? (char)rune.Value : StandIns[(int)Rune.GetUnicodeCategory(rune)];
        }

        starts[count] = text.Length;
        return flat[..count];
    }

    /// <summary>Whether each stand-in is of the category it stands for: what the tests ask.</summary>
    internal static bool StandInsAreRight() =>
        Enum.GetValues<UnicodeCategory>().All(c => c == UnicodeCategory.Surrogate || char.GetUnicodeCategory(StandIns[(int)c]) == c);
}
