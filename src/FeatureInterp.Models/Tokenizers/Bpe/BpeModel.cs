using System.Text;

namespace FeatureInterp.Models.Tokenizers;

/// <summary>What a BPE model does with characters that are not in its vocabulary, and other switches of the file.</summary>
/// <param name="UnknownId">The token for a character that has none, or null: then such a character vanishes.</param>
/// <param name="FuseUnknown">Whether a run of unknown characters is one token.</param>
/// <param name="ByteIds">
/// The tokens of the 256 bytes, or null without byte fallback. A missing character becomes its UTF-8 bytes. <see cref="NoByte"/>
/// stands for bytes that no missing character has.
/// </param>
/// <param name="IgnoreMerges">Whether a piece that is a token as a whole is taken as that, whatever the merges would give.</param>
/// <param name="ToBytes">Whether the tokens are spelled in <see cref="ByteAlphabet"/>, and pieces are to be written in it first.</param>
internal sealed record BpeOptions(int? UnknownId, bool FuseUnknown, int[]? ByteIds, bool IgnoreMerges, bool ToBytes = false)
{
    public const int NoByte = -1;
}

/// <summary>
/// Byte-pair encoding: characters become ids, then neighbouring pairs are merged by rank. Immutable but for a cache; the work
/// space of a call is a <see cref="BpeWord"/> from <see cref="NewWord"/>.
/// </summary>
internal sealed class BpeModel
{
    /// <summary>In place of the id of the symbol before: a byte of a character, or nothing at all.</summary>
    private const int Opaque = -1;

    /// <summary>In place of the id of the symbol before: the unknown token.</summary>
    private const int Unknown = -2;

    private readonly Dictionary<string, int>.AlternateLookup<ReadOnlySpan<char>> pieces;
    private readonly BpeOptions options;
    private readonly MergeTable merges;
    private readonly CharacterTable characters;
    private readonly Seams? seams;
    private readonly WordCache cache = new();

    /// <param name="tokens">The model's tokens by id, null where an id has none.</param>
    /// <param name="ids">The same, the other way round.</param>
    /// <param name="ranked">The merges in order of rank.</param>
    /// <param name="options">The rest.</param>
    public BpeModel(IReadOnlyList<string?> tokens, Dictionary<string, int> ids, IReadOnlyList<Merge> ranked, BpeOptions options)
    {
        this.options = options;
        pieces = ids.GetAlternateLookup<ReadOnlySpan<char>>();
        merges = new MergeTable(ranked);
        characters = new CharacterTable(tokens);
        HashSet<int> opaque = [.. (options.ByteIds ?? []).Where(id => id != BpeOptions.NoByte)];
        if (options.UnknownId is { } unknown)
            opaque.Add(unknown);
        seams = Seams.Find(ranked, tokens, characters, opaque);
    }

    /// <summary>The token for characters that have none, or null.</summary>
    public int? UnknownId => options.UnknownId;

    public BpeWord NewWord() => new(merges);

    /// <summary>Tokenizes one piece of normalized text.</summary>
    public void Tokenize(AlignedText piece, BpeWord word, TokenBuffer tokens)
    {
        var text = piece.Text.Span;
        if (tokens.WithOffsets)
            word.Align(text, options.ToBytes);
        if (!options.ToBytes)
        {
            Spell(text, piece, word, tokens);
            return;
        }

        // A piece is a word here, and words come again.
        var keep = !tokens.WithOffsets && text.Length <= WordCache.MaxLength;
        var hash = keep ? WordCache.Hash(text) : 0;
        if (keep && cache.Find(text, hash) is { } known)
        {
            tokens.Add(known);
            return;
        }

        var start = tokens.Ids.Count;
        Spell(word.MapToBytes(text), piece, word, tokens);
        if (keep)
            cache.Add(text, hash, tokens.Since(start));
    }

    /// <summary>Turns characters into symbols and has them merged: all together, or as far as a merge can reach.</summary>
    /// <param name="text">The piece as the vocabulary spells it.</param>
    /// <param name="piece">The piece itself, for origins.</param>
    /// <param name="word">The work space, empty.</param>
    /// <param name="tokens">Where the tokens go.</param>
    private void Spell(ReadOnlySpan<char> text, AlignedText piece, BpeWord word, TokenBuffer tokens)
    {
        word.Clear();
        if (options.IgnoreMerges && pieces.TryGetValue(text, out var whole))
        {
            word.Append(whole, System.Text.Encoding.UTF8.GetByteCount(text));
            Finish([], piece, word, tokens);
            return;
        }

        var last = Opaque;
        var begun = 0;
        for (int at = 0, end; at < text.Length; at = end)
        {
            // A lone surrogate is no character: it counts as U+FFFD, which is what writing it as UTF-8 gives.
            int codePoint = text[at];
            end = at + 1;
            if (char.IsSurrogate(text[at]))
            {
                Rune.DecodeFromUtf16(text[at..], out var rune, out var length);
                codePoint = rune.Value;
                end = at + length;
            }

            var id = characters[codePoint];
            if (id >= 0)
            {
                if (seams is not null && (last < 0 || !seams.MayJoin(last, id)))
                {
                    Finish(text[begun..at], piece, word, tokens);
                    begun = at;
                }

                word.Append(id, Utf8Length(codePoint));
                last = id;
            }
            else if (options.ByteIds is { } byteIds)
            {
                AppendBytes(word, byteIds, codePoint);
                last = Opaque;
            }
            else if (options.UnknownId is { } unknown)
            {
                if (options.FuseUnknown && last == Unknown)
                {
                    word.ExtendLast(Utf8Length(codePoint));
                    continue;
                }

                word.Append(unknown, Utf8Length(codePoint));
                last = Unknown;
            }
        }

        Finish(text[begun..], piece, word, tokens);
    }

    private static int Utf8Length(int codePoint) => codePoint < 0x80 ? 1 : codePoint < 0x800 ? 2 : codePoint < 0x10000 ? 3 : 4;

    private static void AppendBytes(BpeWord word, int[] byteIds, int codePoint)
    {
        Span<byte> utf8 = stackalloc byte[4];
        var count = new Rune(codePoint).EncodeToUtf8(utf8);
        foreach (var b in utf8[..count])
            word.Append(byteIds[b], 1);
    }

    /// <summary>Merges the symbols that have gathered, which are those of <paramref name="text"/>, and empties the word.</summary>
    private void Finish(ReadOnlySpan<char> text, AlignedText piece, BpeWord word, TokenBuffer tokens)
    {
        // Pieces of bytes have been looked up whole already.
        var keep = word.Count > 1 && !options.ToBytes && !tokens.WithOffsets && text.Length <= WordCache.MaxLength;
        var hash = keep ? WordCache.Hash(text) : 0;
        if (keep && cache.Find(text, hash) is { } known)
        {
            tokens.Add(known);
            word.Clear();
            return;
        }

        word.Merge();
        var start = tokens.Ids.Count;
        foreach (ref readonly var symbol in word.Symbols)
            tokens.Add(symbol.Id, tokens.WithOffsets ? word.Origin(piece, symbol) : default);
        if (keep)
            cache.Add(text, hash, tokens.Since(start));
        word.Clear();
    }
}
