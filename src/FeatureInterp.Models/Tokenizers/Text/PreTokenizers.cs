using System.Globalization;
using System.Text;

namespace FeatureInterp.Models.Tokenizers;

/// <summary>Cuts normalized text into pieces that the model tokenizes one by one; it may also rewrite them.</summary>
internal interface IPreTokenizer
{
    /// <summary>Adds the pieces of <paramref name="text"/> to <paramref name="pieces"/>, in order, none of them empty.</summary>
    void Split(AlignedText text, List<AlignedText> pieces);

    /// <summary>Whether the model is to see the pieces' bytes, written in <see cref="ByteAlphabet"/>, instead of their characters.</summary>
    bool ToBytes => false;
}

/// <summary>Type <c>Sequence</c>: each pre-tokenizer cuts the pieces of the one before.</summary>
internal sealed class PreTokenizerSequence(IReadOnlyList<IPreTokenizer> steps) : IPreTokenizer
{
    public bool ToBytes => steps.Count > 0 && steps[^1].ToBytes;

    public void Split(AlignedText text, List<AlignedText> pieces)
    {
        List<AlignedText> current = [text];
        for (var i = 0; i < steps.Count; i++)
        {
            // The last one writes where the pieces are wanted.
            var next = i == steps.Count - 1 ? pieces : [];
            foreach (var piece in current)
                steps[i].Split(piece, next);
            current = next;
        }

        if (steps.Count == 0)
            pieces.Add(text);
    }
}

/// <summary>
/// Type <c>ByteLevel</c>: GPT-2's pattern, and from here on bytes. The bytes themselves are written by the model, which needs them
/// only for pieces it has not seen lately; so nothing may come behind this one.
/// </summary>
internal sealed class ByteLevelPreTokenizer(bool addPrefixSpace, bool useRegex) : IPreTokenizer
{
    private readonly SplitPreTokenizer words = new(new ScannerPattern(WordScanners.Gpt2), SplitBehavior.Isolated);

    public bool ToBytes => true;

    public void Split(AlignedText text, List<AlignedText> pieces)
    {
        if (addPrefixSpace && !text.Text.Span.StartsWith(' '))
            text = text.Prepend(" ");
        if (useRegex)
            words.Split(text, pieces);
        else
            pieces.Add(text);
    }
}

/// <summary>Type <c>Digits</c>: digits, of any script and of any numeric value, apart from the rest; each by itself or in runs.</summary>
internal sealed class DigitsPreTokenizer(bool individual) : IPreTokenizer
{
    private readonly SplitPreTokenizer split = new(new Digits(), individual ? SplitBehavior.Isolated : SplitBehavior.Contiguous);

    public void Split(AlignedText text, List<AlignedText> pieces) => split.Split(text, pieces);

    private sealed class Digits : Pattern
    {
        public override void Find(ReadOnlySpan<char> text, List<(int Start, int End)> matches)
        {
            for (int at = 0, units; at < text.Length; at += units)
            {
                units = 1;
                if (text[at] < 0x80 ? char.IsAsciiDigit(text[at]) : IsNumeric(text[at..], out units))
                    matches.Add((at, at + units));
            }
        }

        private static bool IsNumeric(ReadOnlySpan<char> text, out int units)
        {
            Rune.DecodeFromUtf16(text, out var rune, out units);
            return Rune.GetUnicodeCategory(rune) is UnicodeCategory.DecimalDigitNumber or UnicodeCategory.LetterNumber or UnicodeCategory.OtherNumber

                // Digits of Unicode 17, which the reference library knows here (but not in \p{N}) and the runtime does not.
                || rune.Value is (>= 0x11DE0 and <= 0x11DE9) or (>= 0x16FF4 and <= 0x16FF6);
        }
    }
}

/// <summary>When <see cref="MetaspacePreTokenizer"/> puts its replacement in front.</summary>
internal enum PrependScheme
{
    /// <summary>In front of everything between added tokens.</summary>
    Always,

    /// <summary>In front of what the text begins with.</summary>
    First,

    /// <summary>Not at all.</summary>
    Never,
}

/// <summary>Type <c>Metaspace</c>: spaces become a visible character, one of which may be put in front, and begin pieces if so wished.</summary>
internal sealed class MetaspacePreTokenizer(char replacement, PrependScheme scheme, bool split) : IPreTokenizer
{
    private readonly SplitPreTokenizer words = new(new LiteralPattern(replacement.ToString()), SplitBehavior.MergedWithNext);

    public void Split(AlignedText text, List<AlignedText> pieces)
    {
        text = text.Replace(" ", replacement.ToString());
        if (!text.Text.Span.StartsWith(replacement) && (scheme == PrependScheme.Always || (scheme == PrependScheme.First && text.IsFirst)))
            text = text.Prepend(replacement.ToString());
        if (split)
            words.Split(text, pieces);
        else
            pieces.Add(text);
    }
}
