using FeatureInterp.Tensors;

namespace FeatureInterp.Models;

/// <summary>Causal attention of every prompt over its own tokens, with TransformerLens's two hooks inside and the KV cache beside.</summary>
internal static class AttentionStep
{
    // Elements of keys that single new tokens of several prompts look at, below which waking another thread costs more than it brings.
    private const long ParallelKeys = 1 << 16;

    /// <summary>scores = softcap(q·k · scale), masked → hook; softmax → hook; times v.</summary>
    /// <param name="run">The step.</param>
    /// <param name="layer">The block.</param>
    /// <param name="q">[row, head, d_head], rotated.</param>
    /// <param name="k">[row, kv_head, d_head], rotated.</param>
    /// <param name="v">[row, kv_head, d_head]</param>
    /// <param name="scale">What a score is multiplied by.</param>
    /// <param name="softCap">Scores become cap·tanh(score / cap); 0 for none.</param>
    /// <param name="window">A query sees this many positions up to its own; 0 for all.</param>
    /// <returns>z, [row, head, d_head]</returns>
    public static Tensor Apply(ForwardPass run, int layer, Tensor q, Tensor k, Tensor v, float scale, float softCap, int window)
    {
        var z = run.Buffer("z", q.Shape);
        var prompts = new Prompt[run.Batch.Count];
        for (var p = 0; p < prompts.Length; p++)
        {
            int first = run.Batch.FirstRow(p), length = run.Batch.Length(p);
            var (keys, values) = run.Cache is { } cache
                ? cache.Append(layer, p, k.Rows(first, length).Span, v.Rows(first, length).Span)
                : (k.Rows(first, length).Memory, v.Rows(first, length).Memory);
            var shape = new AttentionShape(length, keys.Length / (k.Shape[1] * k.Shape[2]), q.Shape[1], k.Shape[1], k.Shape[2], scale, softCap, window);
            prompts[p] = new Prompt(q.Rows(first, length), keys, values, shape, z.Rows(first, length));
        }

        if (run.Hooks.Wants(HookSite.AttnScores, layer) || run.Hooks.Wants(HookSite.Pattern, layer))
        {
            WithHooks(run, layer, prompts, q, k, v, z);
            return z;
        }

        if (run.Tape is { } tape)
            AttentionGradient.Record(tape, run.Batch, q, k, v, z, Array.ConvertAll(prompts, p => p.Shape));
        if (prompts.Length > 1 && Array.TrueForAll(prompts, p => p.Shape.Queries <= 1) && prompts.Sum(p => (long)p.Shape.KeyLength) >= ParallelKeys)
            Workers.Run(prompts.Length, p => Plain(prompts[p]));
        else
            Array.ForEach(prompts, Plain);
        return z;
    }

    private static void Plain(Prompt prompt)
    {
        if (prompt.Shape.Queries > 0)
            Kernels.Attention(prompt.Q.Span, prompt.Keys.Span, prompt.Values.Span, prompt.Shape, prompt.Z.Span);
    }

    private static void WithHooks(ForwardPass run, int layer, Prompt[] prompts, Tensor q, Tensor k, Tensor v, Tensor z)
    {
        var (hooks, shapes) = (run.Hooks, Array.ConvertAll(prompts, p => p.Shape));
        var scores = Array.ConvertAll(prompts, p => Tensor.Uninitialized(p.Shape.Heads, p.Shape.Queries, p.Shape.Keys)); // [head, query, key]
        for (var p = 0; p < prompts.Length; p++)
            Kernels.AttentionScores(prompts[p].Q.Span, prompts[p].Keys.Span, prompts[p].Shape, scores[p].Span);
        if (run.Tape is { } before)
            PatternGradient.RecordScores(before, run.Batch, q, k, scores, shapes);
        hooks.At(HookSite.AttnScores, layer, scores);
        for (var p = 0; p < prompts.Length; p++)
            Kernels.SoftmaxRows(scores[p].Span, prompts[p].Shape.Keys);
        if (run.Tape is { } between)
            PatternGradient.RecordSoftmax(between, scores);
        hooks.At(HookSite.Pattern, layer, scores);
        for (var p = 0; p < prompts.Length; p++)
            Kernels.AttentionMix(scores[p].Span, prompts[p].Values.Span, prompts[p].Shape, prompts[p].Z.Span);
        if (run.Tape is { } after)
            PatternGradient.RecordMix(after, run.Batch, scores, v, z, shapes);
    }

    private sealed record Prompt(Tensor Q, ReadOnlyMemory<float> Keys, ReadOnlyMemory<float> Values, AttentionShape Shape, Tensor Z);
}
