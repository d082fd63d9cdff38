namespace FeatureInterp.Models.Tokenizers;

/// <summary>
/// The stretch of text that is being merged: symbols side by side, each with the bytes it covers. Filled, merged, read and
/// cleared over and over by one thread. The merge of lowest rank is done first, of equal ones the leftmost.
/// </summary>
/// <remarks>
/// Where a symbol stands is counted in bytes of the UTF-8 of the piece as the vocabulary spells it, from the lengths of the symbols
/// before it. A character that has no symbol and vanishes is not counted, so that what follows it seems to stand too far left: the
/// reference library's offsets are of this kind, and ours are to equal them.
/// </remarks>
internal sealed class BpeWord(MergeTable merges)
{
    /// <summary>Up to here every pair is looked at each time; beyond, a queue pays. On prose, anything from 16 to 64 takes the same time.</summary>
    private const int ShortWord = 32;

    private readonly List<int> ends = [];
    private Symbol[] symbols = new Symbol[64];
    private char[] mapped = new char[128];
    private AlignedText? aligned;
    private TokenRange[] bytes = [];
    private int position;
    private int remembered;

    /// <summary>How many merges this word has done and pairs it has queued, ever: what the time of hostile text is bounded by.</summary>
    public long Work { get; private set; }

    /// <summary>How many symbols there are.</summary>
    public int Count { get; private set; }

    public ReadOnlySpan<Symbol> Symbols => symbols.AsSpan(0, Count);

    /// <summary>Writes a piece in the byte alphabet; what is returned is overwritten by the next.</summary>
    public ReadOnlySpan<char> MapToBytes(ReadOnlySpan<char> text)
    {
        if (mapped.Length < text.Length * 3L)
            mapped = new char[checked(text.Length * 3)];
        return mapped.AsSpan(0, ByteAlphabet.Map(text, mapped));
    }

    /// <summary>Begins a new piece; one whose origins will be asked for is given, and which units each of its bytes stands for is noted.</summary>
    public void Begin(AlignedText? piece, bool toBytes)
    {
        position = 0;
        ends.Clear();
        aligned = piece;
        if (piece is not { } text)
            return;
        if (bytes.Length < text.Length * 6L)
            bytes = new TokenRange[checked(text.Length * 6)];
        Align(text.Text.Span, toBytes);
    }

    /// <summary>From here on the ends of tokens are kept, for <see cref="EndsSinceRemember"/>.</summary>
    public void Remember()
    {
        ends.Clear();
        remembered = position;
    }

    /// <summary>Where the tokens since <see cref="Remember"/> end, in bytes from there.</summary>
    public int[] EndsSinceRemember() => [.. ends.Select(e => e - remembered)];

    /// <summary>Adds the tokens of a word that is known.</summary>
    public void Give(WordCache.Word word, TokenBuffer tokens)
    {
        if (aligned is null)
        {
            tokens.Add(word.Ids);
            return;
        }

        var start = position;
        for (var i = 0; i < word.Ids.Length; i++)
        {
            var end = start + word.Ends[i];
            tokens.Add(word.Ids[i], Origin(position, end));
            position = end;
        }
    }

    /// <summary>Merges the symbols that have gathered, adds them as tokens, and is empty again.</summary>
    public void Finish(TokenBuffer tokens)
    {
        Merge();
        foreach (ref readonly var symbol in Symbols)
        {
            tokens.Add(symbol.Id, aligned is null ? default : Origin(symbol.Start, symbol.End));
            ends.Add(symbol.End);
        }

        Count = 0;
    }

    /// <summary>Adds a symbol of so many bytes.</summary>
    public void Append(int id, int length)
    {
        if (Count == symbols.Length)
            Array.Resize(ref symbols, checked(symbols.Length * 2));
        symbols[Count++] = new Symbol { Id = id, Start = position, End = position + length };
        position += length;
    }

    /// <summary>Makes the last symbol longer.</summary>
    public void ExtendLast(int length)
    {
        symbols[Count - 1].End += length;
        position += length;
    }

    /// <summary>Does every merge there is to do.</summary>
    public void Merge()
    {
        for (var i = 0; i + 1 < Count; i++)
            symbols[i].Rank = merges.Rank(symbols[i].Id, symbols[i + 1].Id);
        if (Count > 0)
            symbols[Count - 1].Rank = MergeTable.None;
        if (Count <= ShortWord)
            MergeByScan();
        else
            MergeByQueue();
    }

    private void MergeByScan()
    {
        var word = symbols.AsSpan(0, Count);
        while (word.Length > 1)
        {
            var best = 0;
            for (var i = 1; i < word.Length; i++)
            {
                if (word[i].Rank < word[best].Rank)
                    best = i;
            }

            if (word[best].Rank == MergeTable.None)
                break;
            Work++;
            word[best].Id = merges.Result(word[best].Rank);
            word[best].End = word[best + 1].End;
            word[(best + 2)..].CopyTo(word[(best + 1)..]);
            word = word[..^1];
            word[best].Rank = best + 1 < word.Length ? merges.Rank(word[best].Id, word[best + 1].Id) : MergeTable.None;
            if (best > 0)
                word[best - 1].Rank = merges.Rank(word[best - 1].Id, word[best].Id);
        }

        Count = word.Length;
    }

    /// <summary>
    /// A linked list of symbols and a queue of pairs, so that a word of n symbols takes O(n log n). A pair whose symbols have
    /// changed since it was queued no longer has the rank it was queued with, and is passed over.
    /// </summary>
    private void MergeByQueue()
    {
        var next = new int[Count];
        var previous = new int[Count];
        var queue = new PriorityQueue<int, long>(Count);
        for (var i = 0; i < Count; i++)
        {
            next[i] = i + 1;
            previous[i] = i - 1;
            Queue(i);
        }

        while (queue.TryDequeue(out var at, out var priority))
        {
            ref var left = ref symbols[at];
            if (left.Rank != (int)(priority >> 32))
                continue;
            var gone = next[at];
            left.Id = merges.Result(left.Rank);
            left.End = symbols[gone].End;
            symbols[gone].Rank = MergeTable.None;
            var after = next[gone];
            next[at] = after;
            left.Rank = MergeTable.None;
            if (after < Count)
            {
                previous[after] = at;
                left.Rank = merges.Rank(left.Id, symbols[after].Id);
                Queue(at);
            }

            if (previous[at] is var before and >= 0)
            {
                symbols[before].Rank = merges.Rank(symbols[before].Id, left.Id);
                Queue(before);
            }
        }

        var kept = 0;
        for (var i = 0; i < Count; i = next[i])
            symbols[kept++] = symbols[i];
        Count = kept;

        void Queue(int at)
        {
            if (symbols[at].Rank != MergeTable.None)
            {
                Work++;
                queue.Enqueue(at, ((long)symbols[at].Rank << 32) | (uint)at);
            }
        }
    }

    private TokenRange Origin(int start, int end) => aligned!.Value.Origin(bytes[start].Start, bytes[end - 1].End);

    private void Align(ReadOnlySpan<char> text, bool toBytes)
    {
        var count = 0;
        Span<byte> utf8 = stackalloc byte[4];
        for (int at = 0, units; at < text.Length; at += units)
        {
            units = 1;
            var spelled = 1;
            if (text[at] is <= ' ' or > '~')
            {
                System.Text.Rune.DecodeFromUtf16(text[at..], out var rune, out units);
                spelled = rune.EncodeToUtf8(utf8);

                // In the byte alphabet, characters beyond ASCII have two bytes of their own.
                if (toBytes)
                    spelled = Spelled(utf8[..spelled]);
            }

            bytes.AsSpan(count, spelled).Fill(new TokenRange(at, at + units));
            count += spelled;
        }
    }

    private static int Spelled(ReadOnlySpan<byte> utf8)
    {
        var length = 0;
        foreach (var b in utf8)
            length += ByteAlphabet.Of(b) < 0x80 ? 1 : 2;
        return length;
    }

    /// <summary>A symbol, the rank of its merge with the next one, and the bytes it covers.</summary>
    internal struct Symbol
    {
        public int Id;
        public int Rank;
        public int Start;
        public int End;
    }
}
