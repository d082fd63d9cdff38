namespace FeatureInterp.Models.Tokenizers;

/// <summary>
/// The stretch of text that is being merged: symbols side by side, each with the range of text it covers. Filled, merged,
/// read and cleared over and over by one thread. The merge of lowest rank is done first, of equal ones the leftmost.
/// </summary>
internal sealed class BpeWord(MergeTable merges)
{
    /// <summary>Up to here every pair is looked at each time; beyond, a queue pays. On prose, anything from 16 to 64 takes the same time.</summary>
    private const int ShortWord = 32;

    private Symbol[] symbols = new Symbol[64];

    /// <summary>How many symbols there are.</summary>
    public int Count { get; private set; }

    public ReadOnlySpan<Symbol> Symbols => symbols.AsSpan(0, Count);

    public void Clear() => Count = 0;

    public void Append(int id, int start, int end)
    {
        if (Count == symbols.Length)
            Array.Resize(ref symbols, checked(symbols.Length * 2));
        symbols[Count++] = new Symbol { Id = id, Start = start, End = end };
    }

    /// <summary>Makes the last symbol reach to <paramref name="end"/>.</summary>
    public void ExtendLast(int end) => symbols[Count - 1].End = end;

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
                queue.Enqueue(at, ((long)symbols[at].Rank << 32) | (uint)at);
        }
    }

    /// <summary>A symbol, the rank of its merge with the next one, and the units of text it covers.</summary>
    internal struct Symbol
    {
        public int Id;
        public int Rank;
        public int Start;
        public int End;
    }
}
