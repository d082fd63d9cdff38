namespace FeatureInterp.Models.Tokenizers;

/// <summary>All tokens, the model's and the added ones: from id to spelling and back.</summary>
internal sealed class Vocabulary
{
    private readonly string?[] tokens;
    private readonly Dictionary<string, int> ids;
    private readonly Dictionary<string, int> added;
    private readonly bool[] special;

    /// <param name="tokens">The model's tokens by id, null where an id has none.</param>
    /// <param name="ids">The same, the other way round.</param>
    /// <param name="addedTokens">Tokens that come on top, or that name some of the model's again.</param>
    public Vocabulary(string?[] tokens, Dictionary<string, int> ids, IReadOnlyList<AddedToken> addedTokens)
    {
        var size = Math.Max(tokens.Length, addedTokens.Count == 0 ? 0 : addedTokens.Max(t => t.Id) + 1);
        this.tokens = new string?[size];
        tokens.CopyTo(this.tokens, 0);
        this.ids = ids;
        special = new bool[size];
        added = new Dictionary<string, int>(StringComparer.Ordinal);
        foreach (var token in addedTokens)
        {
            this.tokens[token.Id] = token.Content;
            added[token.Content] = token.Id;
            special[token.Id] = token.Special;
        }

        Count = ids.Count + added.Keys.Count(t => !ids.ContainsKey(t));
    }

    /// <summary>How many tokens there are.</summary>
    public int Count { get; }

    /// <summary>The spelling, or null where there is none; ids of any size.</summary>
    public string? Find(int id) => (uint)id < (uint)tokens.Length ? tokens[id] : null;

    public int? Find(string token)
    {
        if (added.TryGetValue(token, out var id) || ids.TryGetValue(token, out id))
            return id;
        return null;
    }

    public bool IsSpecial(int id) => (uint)id < (uint)special.Length && special[id];
}
