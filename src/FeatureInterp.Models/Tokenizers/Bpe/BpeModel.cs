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

    /// <summary>What stands for a space in vocabularies of characters.</summary>
    private const char Opener = '\u2581';

    /// <summary>In place of the id of the symbol before: the unknown token.</summary>
    private const int Unknown = -2;

    private readonly Dictionary<string, int>.AlternateLookup<ReadOnlySpan<char>> pieces;
    private readonly BpeOptions options;
    private readonly MergeTable merges;
    private readonly CharacterTable characters;
    private readonly Seams? seams;
    private readonly WordCache cache = new();

    /// <summary>Whether texts of characters are cut at <see cref="Opener"/> into words, to be looked up before anything else.</summary>
    private readonly bool cutsWords;

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

        // Where unknown characters vanish, what stood apart may come to stand side by side.
        var nothingVanishes = options.ByteIds is not null || options.UnknownId is not null;
        cutsWords = !options.ToBytes && !options.IgnoreMerges && nothingVanishes
            && characters[Opener] is var opener and >= 0 && seams?.OpensWords(opener) == true;
    }

    /// <summary>The token for characters that have none, or null.</summary>
    public int? UnknownId => options.UnknownId;

    public BpeWord NewWord() => new(merges);

    /// <summary>Tokenizes one piece of normalized text.</summary>
    public void Tokenize(AlignedText piece, BpeWord word, TokenBuffer tokens)
    {
        var text = piece.Text.Span;
        word.Begin(tokens.WithOffsets ? piece : null, options.ToBytes);
        if (!cutsWords)
        {
            // A piece of bytes is a word. One of characters need not be, and is cut as it is spelled.
            if (options.ToBytes)
                TokenizeWord(text, word, tokens);
            else
                Spell(text, word, tokens);
            return;
        }

        for (int start = 0, end; start < text.Length; start = end)
        {
            var inside = start;
            while (inside < text.Length && text[inside] == Opener)
                inside++;
            end = text[inside..].IndexOf(Opener) is var next and >= 0 ? inside + next : text.Length;
            TokenizeWord(text[start..end], word, tokens);
        }
    }

    /// <summary>Words come again: those of late are remembered.</summary>
    private void TokenizeWord(ReadOnlySpan<char> text, BpeWord word, TokenBuffer tokens)
    {
        if (text.Length > WordCache.MaxLength)
        {
            Spell(options.ToBytes ? word.MapToBytes(text) : text, word, tokens);
            return;
        }

        var hash = WordCache.Hash(text);
        if (cache.Find(text, hash) is { } known)
        {
            word.Give(known, tokens);
            return;
        }

        var start = tokens.Ids.Count;
        word.Remember();
        Spell(options.ToBytes ? word.MapToBytes(text) : text, word, tokens);
        cache.Add(new WordCache.Word(text.ToString(), hash, tokens.Since(start), word.EndsSinceRemember()));
    }

    /// <summary>Turns characters into symbols and has them merged: all together, or as far as a merge can reach.</summary>
    /// <param name="text">The piece as the vocabulary spells it, or a word of it.</param>
    /// <param name="word">The work space, empty.</param>
    /// <param name="tokens">Where the tokens go.</param>
    private void Spell(ReadOnlySpan<char> text, BpeWord word, TokenBuffer tokens)
    {
        if (options.IgnoreMerges && pieces.TryGetValue(text, out var whole))
        {
            word.Append(whole, System.Text.Encoding.UTF8.GetByteCount(text));
            word.Finish(tokens);
            return;
        }

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
                    word.Finish(tokens);
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

        word.Finish(tokens);
    }

    private static int Utf8Length(int codePoint) => codePoint < 0x80 ? 1 : codePoint < 0x800 ? 2 : codePoint < 0x10000 ? 3 : 4;

    private static void AppendBytes(BpeWord word, int[] byteIds, int codePoint)
    {
        Span<byte> utf8 = stackalloc byte[4];
        var count = new Rune(codePoint).EncodeToUtf8(utf8);
        foreach (var b in utf8[..count])
            word.Append(byteIds[b], 1);
    }
}
