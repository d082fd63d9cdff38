using System.Text;

namespace FeatureInterp.Models.Tokenizers;

/// <summary>
/// GPT-2's way of writing any byte as one printable character, in which byte-level vocabularies are spelled: the printable
/// characters of Latin-1 stand for themselves, the other 68 bytes, in order, for U+0100 and what follows. A space is Ġ.
/// </summary>
internal static class ByteAlphabet
{
    /// <summary>What stands for a space.</summary>
    public const char Space = '\u0120';

    private const int Characters = 0x144;
    private static readonly char[] OfByte = new char[256];
    private static readonly short[] OfCharacter = new short[Characters];

    static ByteAlphabet()
    {
        Array.Fill(OfCharacter, (short)-1);
        var next = 0x100;
        for (var b = 0; b < OfByte.Length; b++)
        {
            var printable = b is (>= '!' and <= '~') or (>= 0xA1 and <= 0xAC) or (>= 0xAE and <= 0xFF);
            OfByte[b] = (char)(printable ? b : next++);
            OfCharacter[OfByte[b]] = (short)b;
        }
    }

    /// <summary>The character that stands for the byte.</summary>
    public static char Of(byte value) => OfByte[value];

    /// <summary>The byte that the character stands for, or -1.</summary>
    public static int ByteOf(char character) => character < Characters ? OfCharacter[character] : -1;

    /// <summary>Writes the UTF-8 of a text in this alphabet, a lone surrogate as that of U+FFFD; returns how many characters that took.</summary>
    /// <param name="text">Any text.</param>
    /// <param name="mapped">Room for three characters for each unit of the text.</param>
    public static int Map(ReadOnlySpan<char> text, Span<char> mapped)
    {
        var written = 0;
        Span<byte> utf8 = stackalloc byte[4];
        for (var at = 0; at < text.Length;)
        {
            if (text[at] < 0x80)
            {
                mapped[written++] = OfByte[text[at++]];
                continue;
            }

            Rune.DecodeFromUtf16(text[at..], out var rune, out var units);
            at += units;
            foreach (var b in utf8[..rune.EncodeToUtf8(utf8)])
                mapped[written++] = OfByte[b];
        }

        return written;
    }
}
