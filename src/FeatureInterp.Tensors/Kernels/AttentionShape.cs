namespace FeatureInterp.Tensors;

/// <summary>
/// The sizes of one prompt's causal attention. Query <c>i</c> stands at position <c>Keys − Queries + i</c>: the prompt's own
/// tokens come last, those of a key-value cache before them. Head <c>h</c> reads key-value head
/// <c>h / (Heads / KeyValueHeads)</c>.
/// </summary>
/// <param name="Queries">The number of query positions.</param>
/// <param name="Keys">The number of key and value positions, at least <paramref name="Queries"/>.</param>
/// <param name="Heads">The number of query heads, a multiple of <paramref name="KeyValueHeads"/>.</param>
/// <param name="KeyValueHeads">The number of key and value heads.</param>
/// <param name="HeadDim">The size of one head.</param>
/// <param name="Scale">What <c>q·k</c> is multiplied with, such as 1/√HeadDim.</param>
/// <param name="SoftCap">Scores become <c>SoftCap · tanh(score / SoftCap)</c>; 0 leaves them alone.</param>
/// <param name="Window">A key is seen only from fewer than this many positions further on; 0 lifts the limit.</param>
public readonly record struct AttentionShape(
    int Queries, int Keys, int Heads, int KeyValueHeads, int HeadDim, float Scale, float SoftCap = 0, int Window = 0)
{
    /// <summary>The number of query elements, <c>Queries · Heads · HeadDim</c>.</summary>
    public int QueryLength => checked(Queries * Heads * HeadDim);

    /// <summary>The number of key (or value) elements, <c>Keys · KeyValueHeads · HeadDim</c>.</summary>
    public int KeyLength => checked(Keys * KeyValueHeads * HeadDim);

    /// <summary>The number of scores, <c>Heads · Queries · Keys</c>.</summary>
    public int ScoreLength => checked(Heads * Queries * Keys);

    /// <summary>The first key that query <paramref name="query"/> sees.</summary>
    internal int FirstKey(int query) => Window == 0 ? 0 : Math.Max(0, Keys - Queries + query - Window + 1);

    /// <summary>One past the last key that query <paramref name="query"/> sees.</summary>
    internal int EndKey(int query) => Keys - Queries + query + 1;

    internal int KeyValueHead(int head) => head / (Heads / KeyValueHeads);

    /// <exception cref="ArgumentException">These sizes describe no attention.</exception>
    internal static void Check(AttentionShape shape)
    {
        if (shape.Queries < 0 || shape.Keys < shape.Queries || shape.HeadDim < 1 || shape.Window < 0 || !(shape.SoftCap >= 0)
            || shape.KeyValueHeads < 1 || shape.Heads < 1 || shape.Heads % shape.KeyValueHeads != 0)
        {
            throw new ArgumentException(
                $"Not an attention shape: {shape}; it needs Keys ≥ Queries ≥ 0, Heads a positive multiple of KeyValueHeads, HeadDim ≥ 1, SoftCap ≥ 0 and Window ≥ 0.", nameof(shape));
        }
    }
}
