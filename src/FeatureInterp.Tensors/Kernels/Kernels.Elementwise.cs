using System.Runtime.Intrinsics;

namespace FeatureInterp.Tensors;

public static partial class Kernels
{
    private static readonly KernelOperation<BinaryKernel> AddOperation = new("add", Reference.Add,
        ElementwiseSimd<Vector128<float>, Simd128>.Add, ElementwiseSimd<Vector256<float>, Simd256>.Add, ElementwiseSimd<Vector512<float>, Simd512>.Add);
    private static readonly KernelOperation<UnaryKernel> ExpOperation = new("exp", Reference.Exp,
        ElementwiseSimd<Vector128<float>, Simd128>.Exp, ElementwiseSimd<Vector256<float>, Simd256>.Exp, ElementwiseSimd<Vector512<float>, Simd512>.Exp);
    private static readonly KernelOperation<UnaryKernel> GeluTanhOperation = new("gelu_tanh", Reference.GeluTanh,
        ElementwiseSimd<Vector128<float>, Simd128>.GeluTanh, ElementwiseSimd<Vector256<float>, Simd256>.GeluTanh, ElementwiseSimd<Vector512<float>, Simd512>.GeluTanh);
    private static readonly KernelOperation<BinaryKernel> GeluTanhMulOperation = new("gelu_tanh_mul", Reference.GeluTanhMul,
        ElementwiseSimd<Vector128<float>, Simd128>.GeluTanhMul, ElementwiseSimd<Vector256<float>, Simd256>.GeluTanhMul, ElementwiseSimd<Vector512<float>, Simd512>.GeluTanhMul);
    private static readonly KernelOperation<UnaryKernel> GeluErfOperation = new("gelu_erf", Reference.GeluErf,
        ElementwiseSimd<Vector128<float>, Simd128>.GeluErf, ElementwiseSimd<Vector256<float>, Simd256>.GeluErf, ElementwiseSimd<Vector512<float>, Simd512>.GeluErf);
    private static readonly KernelOperation<BinaryKernel> GeluErfMulOperation = new("gelu_erf_mul", Reference.GeluErfMul,
        ElementwiseSimd<Vector128<float>, Simd128>.GeluErfMul, ElementwiseSimd<Vector256<float>, Simd256>.GeluErfMul, ElementwiseSimd<Vector512<float>, Simd512>.GeluErfMul);
    private static readonly KernelOperation<BinaryKernel> SiluMulOperation = new("silu_mul", Reference.SiluMul,
        ElementwiseSimd<Vector128<float>, Simd128>.SiluMul, ElementwiseSimd<Vector256<float>, Simd256>.SiluMul, ElementwiseSimd<Vector512<float>, Simd512>.SiluMul);
    private static readonly KernelOperation<SoftCapKernel> SoftCapOperation = new("soft_cap", Reference.SoftCap,
        ElementwiseSimd<Vector128<float>, Simd128>.SoftCap, ElementwiseSimd<Vector256<float>, Simd256>.SoftCap, ElementwiseSimd<Vector512<float>, Simd512>.SoftCap);

    /// <summary><c>y = a + b</c>: what a sublayer writes onto the residual stream.</summary>
    /// <param name="a">The one.</param>
    /// <param name="b">The other.</param>
    /// <param name="y">Receives the result; may be <paramref name="a"/> or <paramref name="b"/> itself.</param>
    /// <exception cref="ArgumentException">The lengths differ.</exception>
    public static void Add(ReadOnlySpan<float> a, ReadOnlySpan<float> b, Span<float> y)
    {
        CheckLength(b.Length, a.Length);
        CheckLength(y.Length, a.Length);
        AddOperation.Active(a, b, y);
    }

    /// <summary><c>y = exp(x)</c>, within 2 units in the last place.</summary>
    /// <param name="x">The input.</param>
    /// <param name="y">Receives the result; may be <paramref name="x"/> itself.</param>
    /// <exception cref="ArgumentException">The lengths differ.</exception>
    public static void Exp(ReadOnlySpan<float> x, Span<float> y)
    {
        CheckLength(y.Length, x.Length);
        ExpOperation.Active(x, y);
    }

    /// <summary><c>y = ½x(1 + tanh(√(2/π)(x + 0.044715x³)))</c>, the tanh form of GELU (Hendrycks and Gimpel 2016); at −∞ its
    /// limit, −0.</summary>
    /// <param name="x">The input.</param>
    /// <param name="y">Receives the result; may be <paramref name="x"/> itself.</param>
    /// <exception cref="ArgumentException">The lengths differ.</exception>
    public static void GeluTanh(ReadOnlySpan<float> x, Span<float> y)
    {
        CheckLength(y.Length, x.Length);
        GeluTanhOperation.Active(x, y);
    }

    /// <summary><c>y = GeluTanh(gate) · up</c>, the middle of a gated MLP.</summary>
    /// <param name="gate">The input of the GELU.</param>
    /// <param name="up">What its output is multiplied with.</param>
    /// <param name="y">Receives the result; may be <paramref name="gate"/> or <paramref name="up"/> itself.</param>
    /// <exception cref="ArgumentException">The lengths differ.</exception>
    public static void GeluTanhMul(ReadOnlySpan<float> gate, ReadOnlySpan<float> up, Span<float> y)
    {
        CheckLength(up.Length, gate.Length);
        CheckLength(y.Length, gate.Length);
        GeluTanhMulOperation.Active(gate, up, y);
    }

    /// <summary><c>y = x · Φ(x)</c> with the normal distribution Φ, the exact form of GELU (Hendrycks and Gimpel 2016), which
    /// GPT-NeoX uses; at −∞ its limit, −0.</summary>
    /// <param name="x">The input.</param>
    /// <param name="y">Receives the result; may be <paramref name="x"/> itself.</param>
    /// <exception cref="ArgumentException">The lengths differ.</exception>
    public static void GeluErf(ReadOnlySpan<float> x, Span<float> y)
    {
        CheckLength(y.Length, x.Length);
        GeluErfOperation.Active(x, y);
    }

    /// <summary><c>y = GeluErf(gate) · up</c>.</summary>
    /// <param name="gate">The input of the GELU.</param>
    /// <param name="up">What its output is multiplied with.</param>
    /// <param name="y">Receives the result; may be <paramref name="gate"/> or <paramref name="up"/> itself.</param>
    /// <exception cref="ArgumentException">The lengths differ.</exception>
    public static void GeluErfMul(ReadOnlySpan<float> gate, ReadOnlySpan<float> up, Span<float> y)
    {
        CheckLength(up.Length, gate.Length);
        CheckLength(y.Length, gate.Length);
        GeluErfMulOperation.Active(gate, up, y);
    }

    /// <summary><c>y = silu(gate) · up</c> with <c>silu(x) = x / (1 + e⁻ˣ)</c>, the middle of Llama's MLP (Shazeer 2020); silu is
    /// −0 at −∞.</summary>
    /// <param name="gate">The input of the SiLU.</param>
    /// <param name="up">What its output is multiplied with.</param>
    /// <param name="y">Receives the result; may be <paramref name="gate"/> or <paramref name="up"/> itself.</param>
    /// <exception cref="ArgumentException">The lengths differ.</exception>
    public static void SiluMul(ReadOnlySpan<float> gate, ReadOnlySpan<float> up, Span<float> y)
    {
        CheckLength(up.Length, gate.Length);
        CheckLength(y.Length, gate.Length);
        SiluMulOperation.Active(gate, up, y);
    }

    /// <summary><c>y = cap · tanh(x / cap)</c>: nearly x where x is small, never beyond ±cap.</summary>
    /// <param name="x">The input.</param>
    /// <param name="cap">The limit, positive.</param>
    /// <param name="y">Receives the result; may be <paramref name="x"/> itself.</param>
    /// <exception cref="ArgumentException">The lengths differ or the cap is not positive.</exception>
    public static void SoftCap(ReadOnlySpan<float> x, float cap, Span<float> y)
    {
        CheckLength(y.Length, x.Length);
        if (!(cap > 0) || float.IsInfinity(cap))
            throw new ArgumentException($"A soft cap is a positive number, not {cap}.", nameof(cap));
        SoftCapOperation.Active(x, cap, y);
    }
}
