namespace FeatureInterp.Models.Tokenizers;

/// <summary>The tokens of one text as they come: ids, and their ranges when offsets were asked for.</summary>
internal sealed class TokenBuffer(bool withOffsets)
{
    public bool WithOffsets => withOffsets;

    public List<int> Ids { get; } = [];

    public List<TokenRange> Offsets { get; } = [];

    public void Add(int id, TokenRange range)
    {
        Ids.Add(id);
        if (withOffsets)
            Offsets.Add(range);
    }

    /// <summary>Adds ids whose ranges nobody asks for.</summary>
    public void Add(int[] ids)
    {
        if (ids.Length == 1)
            Ids.Add(ids[0]);
        else
            Ids.AddRange(ids.AsSpan());
    }

    /// <summary>The ids from <paramref name="start"/> on.</summary>
    public int[] Since(int start) => [.. Ids[start..]];

    /// <summary>Puts ids that no text stands for in front.</summary>
    public void InsertAtStart(ReadOnlySpan<int> ids)
    {
        Ids.InsertRange(0, ids);
        if (withOffsets)
            Offsets.InsertRange(0, new TokenRange[ids.Length]);
    }
}
