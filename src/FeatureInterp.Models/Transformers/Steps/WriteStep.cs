using FeatureInterp.Tensors;

namespace FeatureInterp.Models;

/// <summary>What a block's sublayers write towards the residual stream.</summary>
internal static class WriteStep
{
    /// <summary>
    /// z·W_O + b_O, summed over the heads. With <c>attn.hook_result</c> each head's part is computed apart; with value biases
    /// folded, b_O is b_O + b_V·W_O; with writing weights centred, the mean over d_model is taken off.
    /// </summary>
    /// <param name="run">The step.</param>
    /// <param name="layer">The block.</param>
    /// <param name="z">[row, head, d_head]</param>
    /// <param name="w">The block's arrays.</param>
    /// <returns>[row, d_model]</returns>
    public static Tensor Attention(ForwardPass run, int layer, Tensor z, BlockWeights w)
    {
        var centred = run.Processing.CenterWritingWeights;
        var o = run.Hooks.Wants(HookSite.Result, layer)
            ? HeadResults.Sum(run, layer, z, w.O)
            : run.Linear("o", z, w.O, withBias: false);

        // Heads' results are centred before their hook; the mean that an edit gives them stays.
        if (centred && !run.Hooks.Wants(HookSite.Result, layer))
            NormStep.Centre(run, o, w.O.Outputs);
        if ((run.Processing.FoldValueBiases ? w.Folded(run.Processing.FoldLn).Output : w.O.Bias) is { } bias)
            Kernels.AddToRows(o.Span, centred ? Centred(bias).Span : bias.Span, o.Span);
        return o;
    }

    /// <summary>post·W_out + b_out; with writing weights centred, the mean over d_model is taken off.</summary>
    /// <param name="run">The step.</param>
    /// <param name="post">[row, d_mlp]</param>
    /// <param name="w">The block's arrays.</param>
    /// <returns>[row, d_model]</returns>
    public static Tensor Mlp(ForwardPass run, Tensor post, BlockWeights w)
    {
        var down = run.Linear("down", post, w.Out);
        if (run.Processing.CenterWritingWeights)
            NormStep.Centre(run, down, w.Out.Outputs);
        return down;
    }

    private static Tensor Centred(Tensor bias)
    {
        var result = bias.Clone();
        NormStep.Centre(result, bias.Length);
        return result;
    }
}
