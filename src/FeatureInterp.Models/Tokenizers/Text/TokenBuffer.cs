namespace FeatureInterp.Models.Tokenizers;

/// <summary>The tokens of one text as they come: ids, and their ranges when offsets were asked for.</summary>
internal sealed class TokenBuffer(bool withOffsets)
{
    public bool WithOffsets => withOffsets;

    /// <summary>What merging took: see <see cref="BpeWord.Work"/>.</summary>
    public long MergeWork { get; set; }

    public List<int> Ids { get; } = [];

    public List<TokenRange> Offsets { get; } = [];

    /// <summary>With offsets: what stood in the normalized text for an added token, white space that it takes included; null for others.</summary>
    public List<string?> Matched { get; } = [];

    public void Add(int id, TokenRange range)
    {
        Ids.Add(id);
        if (!withOffsets)
            return;
        Offsets.Add(range);
        Matched.Add(null);
    }

    /// <summary>Adds an added token that was found in the text.</summary>
    public void AddMatched(int id, AlignedText text, int start, int end)
    {
        Add(id, text.Origin(start, end));
        if (withOffsets)
            Matched[^1] = text.Text[start..end].ToString();
    }

    /// <summary>A token's spelling as the reference library reports it: an added one as it stood in the text.</summary>
    public string Spelling(int index, Vocabulary vocabulary) => Matched[index] ?? vocabulary.Find(Ids[index]) ?? "";

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
        if (!withOffsets)
            return;
        Offsets.InsertRange(0, new TokenRange[ids.Length]);
        Matched.InsertRange(0, new string?[ids.Length]);
    }
}
