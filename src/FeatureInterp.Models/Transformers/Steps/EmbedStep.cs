using FeatureInterp.Tensors;

namespace FeatureInterp.Models;

/// <summary>From token ids to the residual stream's first value.</summary>
internal static class EmbedStep
{
    /// <summary>x = W_E[token] · scale, its mean taken off when writing weights are centred → hook_embed.</summary>
    /// <param name="run">The step.</param>
    /// <param name="embed">W_E, [d_vocab, d_model].</param>
    /// <param name="scale">√d_model in Gemma, 1 elsewhere.</param>
    /// <returns>[row, d_model]</returns>
    public static Tensor Tokens(ForwardPass run, Weight embed, float scale = 1)
    {
        var x = run.Buffer("x", run.Batch.RowCount, embed.RowLength);
        for (var p = 0; p < run.Batch.Count; p++)
        {
            for (var i = 0; i < run.Batch.Length(p); i++)
                embed.CopyRow(run.Batch[p][i], x.Row(run.Batch.FirstRow(p) + i));
        }

        if (scale != 1)
            TensorPrimitives.Multiply(x.Span, scale, x.Span);
        if (run.Processing.CenterWritingWeights)
            NormStep.Centre(x, embed.RowLength);
        run.Hooks.At(HookSite.Embed, 0, x);
        return x;
    }

    /// <summary>x += W_pos[position] → hook_pos_embed.</summary>
    /// <param name="run">The step.</param>
    /// <param name="x">[row, d_model]</param>
    /// <param name="positions">W_pos, [n_ctx, d_model].</param>
    public static void AddPositions(ForwardPass run, Tensor x, Weight positions)
    {
        var p = run.Buffer("positions", x.Shape);
        for (var prompt = 0; prompt < run.Batch.Count; prompt++)
        {
            for (var i = 0; i < run.Batch.Length(prompt); i++)
                positions.CopyRow(run.Batch.Start(prompt) + i, p.Row(run.Batch.FirstRow(prompt) + i));
        }

        if (run.Processing.CenterWritingWeights)
            NormStep.Centre(p, positions.RowLength);
        run.Hooks.At(HookSite.PosEmbed, 0, p);
        run.Add(x, p);
    }
}
