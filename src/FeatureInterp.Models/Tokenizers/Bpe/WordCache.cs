namespace FeatureInterp.Models.Tokenizers;

/// <summary>
/// The tokens of stretches of text that were merged lately. Of fixed size: a new stretch takes the place of an older one with the same
/// hash. Safe to use from many threads without a lock, because an entry never changes once it is in the table.
/// </summary>
internal sealed class WordCache
{
    /// <summary>Longer stretches are not kept: they do not come again.</summary>
    public const int MaxLength = 40;

    private const int SetBits = 14;
    private readonly Word?[] slots = new Word?[2 << SetBits];

    /// <summary>The hash by which a stretch is found and added.</summary>
    public static uint Hash(ReadOnlySpan<char> text)
    {
        var hash = (uint)text.Length;
        foreach (var c in text)
            hash = (hash ^ c) * 0x9E3779B1;
        return hash ^ (hash >> 15);
    }

    /// <summary>What a stretch became, or null.</summary>
    public Word? Find(ReadOnlySpan<char> text, uint hash)
    {
        var set = SetOf(hash);
        if (slots[set] is { } first && first.Hash == hash && text.SequenceEqual(first.Text))
            return first;
        return slots[set + 1] is { } second && second.Hash == hash && text.SequenceEqual(second.Text) ? second : null;
    }

    /// <summary>Keeps a stretch; what was first in its place becomes second, and the second is forgotten.</summary>
    public void Add(Word word)
    {
        var set = SetOf(word.Hash);
        slots[set + 1] = slots[set];
        slots[set] = word;
    }

    private static int SetOf(uint hash) => (int)((hash * 0x85EBCA6B) >> (32 - SetBits)) << 1;

    /// <summary>A stretch, the ids of its tokens, and where each ends, in bytes from the stretch's beginning.</summary>
    internal sealed record Word(string Text, uint Hash, int[] Ids, int[] Ends);
}
