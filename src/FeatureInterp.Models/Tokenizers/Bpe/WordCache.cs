namespace FeatureInterp.Models.Tokenizers;

/// <summary>
/// The ids of stretches of text that were merged lately. Of fixed size: a new stretch takes the place of an older one with the same
/// hash. Safe to use from many threads without a lock, because an entry never changes once it is in the table.
/// </summary>
internal sealed class WordCache
{
    /// <summary>Longer stretches are not kept: they do not come again.</summary>
    public const int MaxLength = 40;

    private const int SetBits = 14;
    private readonly Entry?[] slots = new Entry?[2 << SetBits];

    /// <summary>The hash by which a stretch is found and added.</summary>
    public static uint Hash(ReadOnlySpan<char> text)
    {
        var hash = (uint)text.Length;
        foreach (var c in text)
            hash = (hash ^ c) * 0x9E3779B1;
        return hash ^ (hash >> 15);
    }

    /// <summary>The ids of a stretch, or null.</summary>
    public int[]? Find(ReadOnlySpan<char> text, uint hash)
    {
        var set = SetOf(hash);
        if (slots[set] is { } first && first.Hash == hash && text.SequenceEqual(first.Text))
            return first.Ids;
        return slots[set + 1] is { } second && second.Hash == hash && text.SequenceEqual(second.Text) ? second.Ids : null;
    }

    /// <summary>Keeps the ids of a stretch; what was first in its place becomes second, and the second is forgotten.</summary>
    public void Add(ReadOnlySpan<char> text, uint hash, int[] ids)
    {
        var set = SetOf(hash);
        slots[set + 1] = slots[set];
        slots[set] = new Entry(text.ToString(), hash, ids);
    }

    private static int SetOf(uint hash) => (int)((hash * 0x85EBCA6B) >> (32 - SetBits)) << 1;

    private sealed record Entry(string Text, uint Hash, int[] Ids);
}
