using System.Text;

namespace FeatureInterp.Models.Tokenizers;

/// <summary>
/// Where a text may be cut before merging without changing the result. Every merge joins the last character of one token
/// to the first of another; two neighbouring characters that no merge joins stay apart whatever happens around them.
/// In practice that cuts a book into words, so that a long text costs what its words cost.
/// </summary>
/// <remarks>
/// A set of bits addressed by a hash of the pair. Two pairs may share a bit: then a text is merely not cut where it could be.
/// </remarks>
internal sealed class Seams
{
    private readonly ulong[] joined;
    private readonly int shift;

    /// <summary>Whether some merge joins another character to this one, by the id of the latter.</summary>
    private readonly bool[] follows;

    private Seams(int pairs, int tokens)
    {
        follows = new bool[tokens];
        var bits = 10;
        while (bits < 24 && (1L << bits) < pairs * 8L)
            bits++;
        shift = 64 - bits;
        joined = new ulong[1 << (bits - 6)];
    }

    /// <param name="merges">All merges.</param>
    /// <param name="tokens">The model's tokens by id.</param>
    /// <param name="characters">The ids of single characters.</param>
    /// <param name="opaque">Ids that can begin a text without being its characters: byte tokens, the unknown token.</param>
    /// <returns>Null when a merge takes an opaque token, whose first and last character are not in its spelling.</returns>
    public static Seams? Find(
        IReadOnlyList<Merge> merges, IReadOnlyList<string?> tokens, CharacterTable characters, IReadOnlySet<int> opaque)
    {
        var isOpaque = new bool[tokens.Count];
        foreach (var id in opaque)
            isOpaque[id] = true;
        var first = new int[tokens.Count];
        var last = new int[tokens.Count];
        for (var id = 0; id < tokens.Count; id++)
        {
            if (string.IsNullOrEmpty(tokens[id]))
                continue;
            Rune.DecodeFromUtf16(tokens[id], out var head, out _);
            Rune.DecodeLastFromUtf16(tokens[id], out var tail, out _);
            first[id] = characters[head.Value];
            last[id] = characters[tail.Value];
        }

        var seams = new Seams(merges.Count, tokens.Count);
        foreach (var (left, right, _) in merges)
        {
            if (isOpaque[left] || isOpaque[right])
                return null;

            // A token with a character that is no token itself is never built, and its merges never happen.
            if (last[left] >= 0 && first[right] >= 0)
                seams.Join(last[left], first[right]);
        }

        return seams;
    }

    /// <summary>Whether every text may be cut before this character, unless the same stands before it. True is certain.</summary>
    public bool OpensWords(int id) => !follows[id];

    /// <summary>Whether a merge may one day join these neighbours. False is certain.</summary>
    public bool MayJoin(int left, int right)
    {
        var bit = Bit(left, right);
        return (joined[bit >> 6] >> (bit & 63) & 1) != 0;
    }

    private void Join(int left, int right)
    {
        var bit = Bit(left, right);
        joined[bit >> 6] |= 1UL << (bit & 63);
        follows[right] |= left != right;
    }

    private int Bit(int left, int right) => (int)(((((ulong)(uint)left << 32) | (uint)right) * 0x9E3779B97F4A7C15) >> shift);
}
