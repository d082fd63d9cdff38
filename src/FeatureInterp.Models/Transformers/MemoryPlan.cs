using System.Globalization;

namespace FeatureInterp.Models;

/// <summary>What a run will hold in memory besides the weights, worked out before it starts: running out is said before, not after.</summary>
/// <param name="Logits">Bytes of the logits.</param>
/// <param name="Kept">Bytes of what is captured.</param>
/// <param name="Scores">Bytes of attention scores that a hook wants to see: two matrices [head, query, key] of a layer.</param>
/// <param name="Work">Bytes of intermediate results, those of SAEs included, and of keys and values.</param>
internal sealed record MemoryPlan(double Logits, double Kept, double Scores, double Work)
{
    private const double Float = sizeof(float);

    // Asking takes as long as a token's way through a small model.
    private const double Small = 16e6;

    /// <summary>All of it.</summary>
    public double Total => Logits + Kept + Scores + Work;

    /// <summary>The plan of one step.</summary>
    /// <param name="model">The model.</param>
    /// <param name="batch">The tokens.</param>
    /// <param name="hooks">What is kept.</param>
    /// <param name="logits">Which logits are computed.</param>
    /// <param name="cachedTokens">Tokens of all prompts whose keys and values a cache will hold.</param>
    public static MemoryPlan Of(Transformer model, TokenBatch batch, HookScope hooks, LogitsAt logits, long cachedTokens)
    {
        var c = model.Config;
        double rows = batch.RowCount, pairs = 0;
        for (var p = 0; p < batch.Count; p++)
            pairs += (double)batch.Length(p) * (batch.Start(p) + batch.Length(p));
        double kept = 0, attention = 0;
        foreach (var point in hooks.Captured)
            kept += point.Site.IsAttention() && point.Sae == SaeSite.None ? c.Heads * pairs : rows * hooks.KeptPerToken(point, c);
        for (var layer = 0; layer < c.Layers; layer++)
        {
            if (hooks.Wants(HookSite.AttnScores, layer) || hooks.Wants(HookSite.Pattern, layer))
                attention = c.Heads * pairs;
        }

        // x, two norms, attention's and the MLP's output; q, z, k, v; gate and up.
        var work = rows * (6.0 * c.DModel + 2.0 * (c.Heads + c.KeyValueHeads) * c.HeadDim + 2.0 * c.DMlp)
            + 2.0 * cachedTokens * c.Layers * c.KeyValueHeads * c.HeadDim
            + hooks.SpliceRoom(c, rows, cachedTokens);
        return new MemoryPlan((logits == LogitsAt.Every ? rows : batch.Count) * c.VocabSize * Float, kept * Float, attention * Float, work * Float);
    }

    /// <summary>Refuses a run that the memory which is free now will not hold; the system is asked only where the run is not small.</summary>
    /// <param name="model">The model.</param>
    /// <param name="rows">The number of tokens.</param>
    /// <exception cref="PromptException">It will not.</exception>
    public void Check(Transformer model, int rows) => Check(model, rows, Total < Small ? double.PositiveInfinity : FreeMemory.Bytes());

    /// <summary>Refuses a run that memory will not hold.</summary>
    /// <param name="model">The model.</param>
    /// <param name="rows">The number of tokens.</param>
    /// <param name="available">The bytes there are.</param>
    /// <exception cref="PromptException">It will not; the message says what takes how much, and what to leave out.</exception>
    public void Check(Transformer model, int rows, double available)
    {
        if (Logits / Float > Array.MaxLength)
            throw new PromptException($"The logits of {rows} tokens over {model.Config.VocabSize} ids are more numbers than one array holds ({Array.MaxLength}); ask for LogitsAt.Last, or run fewer tokens at a time.");
        if (Total <= available)
            return;
        var parts = new (string What, double Bytes, string Remedy)[]
        {
            ("logits", Logits, "ask for LogitsAt.Last"),
            ("captured hooks", Kept, "capture fewer hooks"),
            ("attention scores", Scores, "leave out hook_attn_scores and hook_pattern"),
            ("intermediate results and the KV cache", Work, "run fewer tokens at a time"),
        };
        var largest = parts.MaxBy(p => p.Bytes);
        throw new PromptException(
            $"Running {rows} tokens of {model.Name} needs about {Text(Total)} besides the weights ({string.Join(", ", parts.Where(p => p.Bytes > 0).OrderByDescending(p => p.Bytes).Select(p => $"{Text(p.Bytes)} for {p.What}"))}), "
            + $"and {Text(available)} are free; {largest.Remedy}, or run shorter or fewer prompts.");
    }

    private static string Text(double bytes) => bytes >= 1e9
        ? string.Create(CultureInfo.InvariantCulture, $"{bytes / 1e9:0.#} GB")
        : string.Create(CultureInfo.InvariantCulture, $"{Math.Ceiling(bytes / 1e6):0} MB");
}
