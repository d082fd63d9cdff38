namespace FeatureInterp.Models.Tokenizers;

/// <summary>
/// The merges of a byte-pair encoding, keyed by the ids of the pair. A merge of lower rank is done before one of higher rank.
/// Open addressing: one probe reads key and rank from the same cache line.
/// </summary>
internal sealed class MergeTable
{
    /// <summary>The rank of a pair that does not merge: larger than every real one.</summary>
    public const int None = int.MaxValue;

    private const ulong Empty = ulong.MaxValue;
    private readonly Slot[] slots;
    private readonly int[] results;
    private readonly int shift;

    /// <param name="merges">The merges in order of rank; of two for the same pair the later counts, as in the reference library.</param>
    public MergeTable(IReadOnlyList<Merge> merges)
    {
        var bits = 4;
        while ((1L << bits) < merges.Count * 3L / 2)
            bits++;
        shift = 64 - bits;
        slots = new Slot[1 << bits];
        Array.Fill(slots, new Slot(Empty, None));
        results = new int[merges.Count];
        for (var rank = 0; rank < merges.Count; rank++)
        {
            var (left, right, result) = merges[rank];
            results[rank] = result;
            var key = Key(left, right);
            var slot = Find(key);
            slots[slot] = new Slot(key, rank);
        }
    }

    /// <summary>The rank of the pair, or <see cref="None"/>.</summary>
    public int Rank(int left, int right) => slots[Find(Key(left, right))].Rank;

    /// <summary>The id that the merge of this rank gives.</summary>
    public int Result(int rank) => results[rank];

    private static ulong Key(int left, int right) => ((ulong)(uint)left << 32) | (uint)right;

    private int Find(ulong key)
    {
        var mask = slots.Length - 1;
        var at = (int)((key * 0x9E3779B97F4A7C15) >> shift);
        while (slots[at].Key != key && slots[at].Key != Empty)
            at = (at + 1) & mask;
        return at;
    }

    private readonly record struct Slot(ulong Key, int Rank);
}

/// <summary>One merge: two ids that stand side by side become a third.</summary>
internal readonly record struct Merge(int Left, int Right, int Result);
