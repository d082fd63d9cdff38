using FeatureInterp.Tensors;

namespace FeatureInterp.Saes;

/// <summary>
/// y = x·Wᵀ for tokens, each rounding alike alone and in company: a single row would take another path through
/// <see cref="Kernels.Linear"/>, so it is multiplied twice over. Prompts in a batch and texts made token by token depend on it.
/// </summary>
internal static class TokenLinear
{
    /// <summary>Multiplies.</summary>
    /// <param name="x">[token, in]</param>
    /// <param name="w">[out, in]</param>
    /// <param name="y">[token, out]</param>
    public static void Apply(Tensor x, Weight w, Tensor y)
    {
        if (x.Shape[0] != 1)
        {
            Kernels.Linear(x.Span, w, y.Span);
            return;
        }

        Tensor twice = Tensor.Uninitialized(2, x.Length), both = Tensor.Uninitialized(2, y.Length);
        x.Span.CopyTo(twice.Row(0));
        x.Span.CopyTo(twice.Row(1));
        Kernels.Linear(twice.Span, w, both.Span);
        both.Row(0).CopyTo(y.Span);
    }
}
