using System.Runtime.Intrinsics;

namespace FeatureInterp.Tensors;

/// <content>How a gradient goes back through the operations that are not products: dL/d(input) from dL/d(output) and what was put in.</content>
public static partial class Kernels
{
    private static readonly KernelOperation<BinaryKernel> GeluTanhGradientOperation = new("gelu_tanh_gradient", Reference.GeluTanhGradient,
        GradientSimd<Vector128<float>, Simd128>.GeluTanh, GradientSimd<Vector256<float>, Simd256>.GeluTanh, GradientSimd<Vector512<float>, Simd512>.GeluTanh);
    private static readonly KernelOperation<BinaryKernel> GeluErfGradientOperation = new("gelu_erf_gradient", Reference.GeluErfGradient,
        GradientSimd<Vector128<float>, Simd128>.GeluErf, GradientSimd<Vector256<float>, Simd256>.GeluErf, GradientSimd<Vector512<float>, Simd512>.GeluErf);
    private static readonly KernelOperation<BinaryKernel> SiluGradientOperation = new("silu_gradient", Reference.SiluGradient,
        GradientSimd<Vector128<float>, Simd128>.Silu, GradientSimd<Vector256<float>, Simd256>.Silu, GradientSimd<Vector512<float>, Simd512>.Silu);
    private static readonly KernelOperation<NormGradientKernel> NormGradientOperation = new("norm_gradient", Reference.NormGradient,
        RowsSimd<Vector128<float>, Simd128>.NormGradient, RowsSimd<Vector256<float>, Simd256>.NormGradient, RowsSimd<Vector512<float>, Simd512>.NormGradient);
    private static readonly KernelOperation<AttentionGradientKernel> AttentionGradientOperation = new("attention_gradient", Reference.AttentionGradient,
        AttentionGradientSimd<Vector128<float>, Simd128>.Run, AttentionGradientSimd<Vector256<float>, Simd256>.Run, AttentionGradientSimd<Vector512<float>, Simd512>.Run);

    /// <summary><c>y = g · d/dx GeluTanh(x)</c>; the slope's limits are 0 at −∞ and 1 at +∞.</summary>
    /// <param name="x">What <see cref="GeluTanh"/> was given.</param>
    /// <param name="g">The gradient of its result.</param>
    /// <param name="y">Receives the gradient of x; may be <paramref name="x"/> or <paramref name="g"/> itself.</param>
    /// <exception cref="ArgumentException">The lengths differ.</exception>
    public static void GeluTanhGradient(ReadOnlySpan<float> x, ReadOnlySpan<float> g, Span<float> y)
    {
        CheckLength(g.Length, x.Length);
        CheckLength(y.Length, x.Length);
        GeluTanhGradientOperation.Active(x, g, y);
    }

    /// <summary><c>y = g · d/dx GeluErf(x)</c> with the slope Φ(x) + x·φ(x), φ the normal density.</summary>
    /// <param name="x">What <see cref="GeluErf"/> was given.</param>
    /// <param name="g">The gradient of its result.</param>
    /// <param name="y">Receives the gradient of x; may be <paramref name="x"/> or <paramref name="g"/> itself.</param>
    /// <exception cref="ArgumentException">The lengths differ.</exception>
    public static void GeluErfGradient(ReadOnlySpan<float> x, ReadOnlySpan<float> g, Span<float> y)
    {
        CheckLength(g.Length, x.Length);
        CheckLength(y.Length, x.Length);
        GeluErfGradientOperation.Active(x, g, y);
    }

    /// <summary><c>y = g · d/dx silu(x)</c> with the slope σ(x)·(1 + x·(1 − σ(x))), σ(x) = 1 / (1 + e⁻ˣ).</summary>
    /// <param name="x">What silu was given.</param>
    /// <param name="g">The gradient of its result.</param>
    /// <param name="y">Receives the gradient of x; may be <paramref name="x"/> or <paramref name="g"/> itself.</param>
    /// <exception cref="ArgumentException">The lengths differ.</exception>
    public static void SiluGradient(ReadOnlySpan<float> x, ReadOnlySpan<float> g, Span<float> y)
    {
        CheckLength(g.Length, x.Length);
        CheckLength(y.Length, x.Length);
        SiluGradientOperation.Active(x, g, y);
    }

    /// <summary>
    /// The gradient of a bare norm <c>n = c / s</c>, s = √(mean(c²) + eps), where c is x or, when centred, x − mean(x):
    /// <c>y = (g − n·mean(g·n)) / s</c>, when centred less <c>mean(g) / s</c>. Gain and bias are not part of it.
    /// </summary>
    /// <param name="x">The rows, shape [rows, length].</param>
    /// <param name="g">The gradient of n, shape [rows, length].</param>
    /// <param name="length">The length of a row.</param>
    /// <param name="isCentred">Whether each row's mean is taken off first, as a layer norm does.</param>
    /// <param name="eps">What kept a row of zeros finite.</param>
    /// <param name="y">Receives the gradient of x; may be <paramref name="g"/> itself.</param>
    /// <exception cref="ArgumentException">Lengths do not fit.</exception>
    public static void NormGradient(ReadOnlySpan<float> x, ReadOnlySpan<float> g, int length, bool isCentred, float eps, Span<float> y)
    {
        CheckRows(x.Length, length, nameof(x));
        CheckLength(g.Length, x.Length);
        CheckLength(y.Length, x.Length);
        if (x.Length > 0)
            NormGradientOperation.Active(x, g, length, isCentred, eps, y);
    }

    /// <summary>
    /// The gradients of what <see cref="Attention"/> was given. With the pattern P, the gradient <c>dP[h,i,j] = g[i,h]·v[j,h′]</c> and
    /// <c>dS = P·(dP − Σ_j P·dP)</c> (times 1 − (s / SoftCap)² behind a soft cap): <c>dq[i,h] = Scale · Σ_j dS·k[j,h′]</c>,
    /// <c>dk[j,h′] = Scale · Σ_h Σ_i dS·q[i,h]</c>, <c>dv[j,h′] = Σ_h Σ_i P·g[i,h]</c>, h over the heads that share h′. The pattern is
    /// computed anew, a block of queries at a time, and never held whole.
    /// </summary>
    /// <param name="q">Queries, shape [Queries, Heads, HeadDim].</param>
    /// <param name="k">Keys, shape [Keys, KeyValueHeads, HeadDim].</param>
    /// <param name="v">Values, shape [Keys, KeyValueHeads, HeadDim].</param>
    /// <param name="g">The gradient of the mixture, shape [Queries, Heads, HeadDim].</param>
    /// <param name="shape">The sizes, scale, cap and window.</param>
    /// <param name="dq">Receives the gradient of q; no result may overlap an input or another result.</param>
    /// <param name="dk">Receives the gradient of k.</param>
    /// <param name="dv">Receives the gradient of v.</param>
    /// <exception cref="ArgumentException">Lengths do not fit the shape, or the shape is not one.</exception>
    public static void AttentionGradient(
        ReadOnlySpan<float> q, ReadOnlySpan<float> k, ReadOnlySpan<float> v, ReadOnlySpan<float> g, AttentionShape shape, Span<float> dq, Span<float> dk, Span<float> dv)
    {
        AttentionShape.Check(shape);
        CheckLength(q.Length, shape.QueryLength);
        CheckLength(k.Length, shape.KeyLength);
        CheckLength(v.Length, shape.KeyLength);
        CheckLength(g.Length, shape.QueryLength);
        CheckLength(dq.Length, shape.QueryLength);
        CheckLength(dk.Length, shape.KeyLength);
        CheckLength(dv.Length, shape.KeyLength);
        dk.Clear();
        dv.Clear();
        if (dq.Length > 0)
            AttentionGradientOperation.Active(q, k, v, g, shape, dq, dk, dv);
    }
}
