using FeatureInterp.Tensors;

namespace FeatureInterp.Models;

/// <summary>What the MLP reads of the residual stream.</summary>
internal static class MlpInput
{
    /// <summary>The residual stream itself, or a copy when <c>hook_mlp_in</c> is wanted: an edit there reaches nothing but the MLP.</summary>
    /// <param name="run">The step.</param>
    /// <param name="layer">The block.</param>
    /// <param name="x">[row, d_model]</param>
    public static Tensor Of(ForwardPass run, int layer, Tensor x)
    {
        if (!run.Hooks.Wants(HookSite.MlpInput, layer))
            return x;
        var copy = run.Buffer("mlp input", x.Shape);
        x.Span.CopyTo(copy.Span);
        if (run.Tape is { } tape)
            AddGradient.RecordCopy(tape, x, copy);
        run.Hooks.At(HookSite.MlpInput, layer, copy);
        return copy;
    }
}
