using System.Text;

namespace FeatureInterp.Models.Tokenizers;

/// <summary>From a Unicode code point to the id of the token that is this one character: pages of 256, made only where needed.</summary>
internal sealed class CharacterTable
{
    private const int PageBits = 8;
    private readonly int[][] pages = new int[0x110000 >> PageBits][];

    /// <param name="tokens">The model's tokens by id, null where an id has none.</param>
    public CharacterTable(IReadOnlyList<string?> tokens)
    {
        var none = new int[1 << PageBits];
        Array.Fill(none, -1);
        Array.Fill(pages, none);
        for (var id = 0; id < tokens.Count; id++)
        {
            if (tokens[id] is not { Length: 1 or 2 } token || !IsOneCharacter(token, out var rune))
                continue;
            ref var page = ref pages[rune.Value >> PageBits];
            if (ReferenceEquals(page, none))
                page = (int[])none.Clone();
            page[rune.Value & ((1 << PageBits) - 1)] = id;
        }
    }

    /// <summary>The id of the character's token, or -1.</summary>
    public int this[int codePoint] => pages[codePoint >> PageBits][codePoint & ((1 << PageBits) - 1)];

    private static bool IsOneCharacter(string token, out Rune rune) =>
        Rune.DecodeFromUtf16(token, out rune, out var length) == System.Buffers.OperationStatus.Done && length == token.Length;
}
