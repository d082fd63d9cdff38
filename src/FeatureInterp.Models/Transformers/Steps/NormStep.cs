using FeatureInterp.Tensors;

namespace FeatureInterp.Models;

/// <summary>The hooks of one norm and the name of its buffer.</summary>
/// <param name="Name">TransformerLens's name of the norm.</param>
/// <param name="Scale">The hook of what is divided by.</param>
/// <param name="Normalized">The hook of the quotient.</param>
internal sealed record NormPlace(string Name, HookSite Scale, HookSite Normalized)
{
    public static readonly NormPlace Ln1 = new("ln1", HookSite.Ln1Scale, HookSite.Ln1Normalized);
    public static readonly NormPlace Ln1Post = new("ln1_post", HookSite.Ln1PostScale, HookSite.Ln1PostNormalized);
    public static readonly NormPlace Ln2 = new("ln2", HookSite.Ln2Scale, HookSite.Ln2Normalized);
    public static readonly NormPlace Ln2Post = new("ln2_post", HookSite.Ln2PostScale, HookSite.Ln2PostNormalized);
    public static readonly NormPlace Final = new("ln_final", HookSite.FinalScale, HookSite.FinalNormalized);
    public static readonly NormPlace Q = new("q_norm", HookSite.QNormScale, HookSite.QNormNormalized);
    public static readonly NormPlace K = new("k_norm", HookSite.KNormScale, HookSite.KNormNormalized);
}

/// <summary>
/// Norms with TransformerLens's two hooks inside: in one pass where neither is wanted, else part by part, which rounds alike, so
/// that looking at a run does not change it.
/// </summary>
internal static class NormStep
{
    /// <summary>
    /// The norm before a matrix that reads the residual stream: (centred) x / scale, times the gain, plus the bias. When the norm
    /// is folded into that matrix, gain and bias come after <paramref name="inputSite"/>; the product is the same.
    /// </summary>
    /// <param name="run">The step.</param>
    /// <param name="place">Which norm.</param>
    /// <param name="layer">The block.</param>
    /// <param name="x">[row, …, width]</param>
    /// <param name="w">Its numbers.</param>
    /// <param name="inputSite">The hook of what the matrix is applied to, where there is one.</param>
    /// <returns>The shape of x.</returns>
    public static Tensor BeforeReading(ForwardPass run, NormPlace place, int layer, Tensor x, NormWeights w, HookSite? inputSite = null)
    {
        var (folds, after) = (run.Processing.FoldLn, run.NormalizedAfterGain && w.Bias is not null && !run.Processing.FoldLn);
        var readsHook = inputSite is { } wanted && run.Hooks.Wants(wanted, layer);
        if (!IsLookedAt(run, place, layer) && !(folds && (readsHook || w.Bias is not null)))
        {
            var whole = Whole(run, place, x, w);
            if (readsHook)
                run.Hooks.At(inputSite!.Value, layer, whole);
            return whole;
        }

        var y = Divide(run, place, layer, x, w);
        if (!after)
            run.Hooks.At(place.Normalized, layer, y);
        if (!folds)
            Scale(run, y, w);
        if (after)
            run.Hooks.At(place.Normalized, layer, y);
        if (inputSite is { } site)
            run.Hooks.At(site, layer, y);
        if (folds)
        {
            // Folding centres what the matrix reads; of an edited value the mean may be other than zero.
            if (w.Bias is not null)
                Centre(run, y, w.Gain.Length);
            Scale(run, y, w);
        }

        return y;
    }

    /// <summary>A norm that is never folded: after a sublayer, or of a head's queries and keys.</summary>
    /// <param name="run">The step.</param>
    /// <param name="place">Which norm.</param>
    /// <param name="layer">The block.</param>
    /// <param name="x">[row, …, width]</param>
    /// <param name="w">Its numbers.</param>
    /// <returns>The shape of x.</returns>
    public static Tensor Apply(ForwardPass run, NormPlace place, int layer, Tensor x, NormWeights w)
    {
        if (!IsLookedAt(run, place, layer))
            return Whole(run, place, x, w);
        var y = Divide(run, place, layer, x, w);
        run.Hooks.At(place.Normalized, layer, y);
        Scale(run, y, w);
        return y;
    }

    /// <summary>Takes each row's mean from it.</summary>
    public static void Centre(Tensor x, int width) => Kernels.CentreRows(x.Span, width, x.Span);

    /// <summary>Takes each row's mean from a value that has a gradient.</summary>
    public static void Centre(ForwardPass run, Tensor x, int width)
    {
        Centre(x, width);
        if (run.Tape is { } tape)
            NormGradient.RecordCentre(tape, x, width);
    }

    private static bool IsLookedAt(ForwardPass run, NormPlace place, int layer) =>
        run.Hooks.Wants(place.Scale, layer) || run.Hooks.Wants(place.Normalized, layer);

    private static Tensor Whole(ForwardPass run, NormPlace place, Tensor x, NormWeights w)
    {
        var y = run.Buffer(place.Name, x.Shape);
        if (w.Bias is { } bias)
            Kernels.LayerNorm(x.Span, w.Gain.Span, bias.Span, w.Eps, y.Span);
        else
            Kernels.RmsNorm(x.Span, w.Gain.Span, w.Eps, y.Span);
        if (run.Tape is { } tape)
        {
            NormGradient.RecordQuotient(tape, x, y, w);
            NormGradient.RecordGain(tape, y, w);
        }

        return y;
    }

    // scale = √(mean(x²) + eps), of a layer norm after the mean is taken off → hook; x / scale
    private static Tensor Divide(ForwardPass run, NormPlace place, int layer, Tensor x, NormWeights w)
    {
        var width = w.Gain.Length;
        var y = run.Buffer(place.Name, x.Shape);
        var centred = x;
        if (w.Bias is not null)
        {
            Kernels.CentreRows(x.Span, width, y.Span);
            centred = y;
        }

        var scale = run.Buffer(place.Name + " scale", [.. x.Shape[..^1], 1]);
        Kernels.RmsScale(centred.Span, width, w.Eps, scale.Span);
        if (run.Tape is { } before)
            NormGradient.RecordScale(before, x, centred, scale, w);
        run.Hooks.At(place.Scale, layer, scale);
        Kernels.DivideRows(centred.Span, scale.Span, y.Span);
        if (run.Tape is { } after)
            NormGradient.RecordDivision(after, x, scale, y, w);
        return y;
    }

    private static void Scale(ForwardPass run, Tensor y, NormWeights w)
    {
        Kernels.ScaleRows(y.Span, w.Gain.Span, w.Bias is { } bias ? bias.Span : default, y.Span);
        if (run.Tape is { } tape)
            NormGradient.RecordGain(tape, y, w);
    }
}
