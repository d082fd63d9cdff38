using FeatureInterp.Models;
using FeatureInterp.Tensors;

namespace FeatureInterp.Analysis;

/// <summary>
/// A batch padded on the right as TransformerLens pads it: a padding token has the position of the last real token, no token attends
/// to it, and a local layer's window counts it.
/// </summary>
internal static class RightPadding
{
    /// <summary>Fills shorter prompts up with the padding token.</summary>
    public static int[][] Pad(int[][] tokens, Tokenizer tokenizer)
    {
        var pad = tokenizer.PadId ?? tokenizer.EosId
            ?? throw new AnalysisException("The tokenizer names neither a padding nor an end-of-sequence token, so a padded batch cannot be shown.");
        var length = tokens.Max(t => t.Length);
        return Array.ConvertAll(tokens, t => (int[])[.. t, .. Enumerable.Repeat(pad, length - t.Length)]);
    }

    /// <summary>The padded prompts with TransformerLens's positions, and the edit that hides padding from attention.</summary>
    /// <param name="real">The prompts without padding.</param>
    /// <param name="padded">The prompts as they are run; the same lists when there is no padding.</param>
    public static (Prompts Prompts, IReadOnlyList<Edit> Edits) Prepare(int[][] real, int[][] padded)
    {
        if (real.Zip(padded).All(pair => pair.First.Length == pair.Second.Length))
            return (padded, []);
        var positions = padded.Zip(real, (p, r) => Enumerable.Range(0, p.Length).Select(i => Math.Min(i, r.Length - 1)).ToArray()).ToArray();
        var hide = new Edit("blocks.*.attn.hook_attn_scores", scores =>
        {
            for (var p = 0; p < scores.Count; p++)
                Hide(scores[p], real[p].Length);
        });
        return (Prompts.At(padded, positions), [hide]);
    }

    // scores [head, query, key]
    private static void Hide(Tensor scores, int realKeys)
    {
        int keys = scores.Shape[2], rows = scores.Shape[0] * scores.Shape[1];
        for (var row = 0; row < rows; row++)
            scores.Span.Slice(row * keys + realKeys, keys - realKeys).Fill(float.NegativeInfinity);
    }
}
