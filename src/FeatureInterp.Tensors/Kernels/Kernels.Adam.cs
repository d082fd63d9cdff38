using System.Runtime.Intrinsics;

namespace FeatureInterp.Tensors;

public static partial class Kernels
{
    private static readonly KernelOperation<AdamKernel> AdamOperation = new("adam", Reference.Adam,
        AdamSimd<Vector128<float>, Simd128>.Adam, AdamSimd<Vector256<float>, Simd256>.Adam, AdamSimd<Vector512<float>, Simd512>.Adam);

    /// <summary>
    /// One step of Adam, as PyTorch takes it: with g the scaled gradient, <c>m += (1 − β₁)(g − m)</c>, <c>v = β₂v + (1 − β₂)g²</c>,
    /// <c>w −= rate / (1 − β₁ⁿ) · m / (√v / √(1 − β₂ⁿ) + ε)</c>.
    /// </summary>
    /// <param name="gradient">The gradient g of the loss.</param>
    /// <param name="step">The step's numbers.</param>
    /// <param name="mean">The running mean m of the gradient, changed in place.</param>
    /// <param name="square">The running mean v of the squared gradient, changed in place.</param>
    /// <param name="weights">The weights w, changed in place.</param>
    /// <exception cref="ArgumentException">The lengths differ.</exception>
    public static void Adam(ReadOnlySpan<float> gradient, AdamStep step, Span<float> mean, Span<float> square, Span<float> weights)
    {
        CheckLength(mean.Length, gradient.Length);
        CheckLength(square.Length, gradient.Length);
        CheckLength(weights.Length, gradient.Length);
        AdamOperation.Active(gradient, step, mean, square, weights);
    }
}
