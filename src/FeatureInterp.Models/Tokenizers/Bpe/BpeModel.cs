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
internal sealed record BpeOptions(int? UnknownId, bool FuseUnknown, int[]? ByteIds, bool IgnoreMerges)
{
    public const int NoByte = -1;
}

/// <summary>
/// Byte-pair encoding: characters become ids, then neighbouring pairs are merged by rank. Immutable; the work space of a
/// call is a <see cref="BpeWord"/> from <see cref="NewWord"/>.
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
        if (options.IgnoreMerges && pieces.TryGetValue(text, out var whole))
        {
            tokens.Add(whole, piece.Origin(0, text.Length));
            return;
        }

        word.Clear();
        var last = Opaque;
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
                    Finish(piece, word, tokens);
                word.Append(id, at, end);
                last = id;
            }
            else if (options.ByteIds is { } byteIds)
            {
                AppendBytes(word, byteIds, codePoint, at, end);
                last = Opaque;
            }
            else if (options.UnknownId is { } unknown)
            {
                if (options.FuseUnknown && last == Unknown)
                {
                    word.ExtendLast(end);
                    continue;
                }

                word.Append(unknown, at, end);
                last = Unknown;
            }
        }

        Finish(piece, word, tokens);
    }

    private static void AppendBytes(BpeWord word, int[] byteIds, int codePoint, int start, int end)
    {
        Span<byte> utf8 = stackalloc byte[4];
        var count = new Rune(codePoint).EncodeToUtf8(utf8);
        foreach (var b in utf8[..count])
            word.Append(byteIds[b], start, end);
    }

    private static void Finish(AlignedText piece, BpeWord word, TokenBuffer tokens)
    {
        word.Merge();
        foreach (ref readonly var symbol in word.Symbols)
            tokens.Add(symbol.Id, piece.Origin(symbol.Start, symbol.End));
        word.Clear();
    }
}
