using System.Runtime.CompilerServices;

namespace FeatureInterp.Tensors;

/// <summary>Functions of whole vectors, accurate to a few units in the last place.</summary>
internal static partial class VectorMath<V, S>
    where V : struct
    where S : struct, ISimd<V>
{
    // ln 2 in two parts: the first has so few bits that its product with a small whole number is exact.
    private const float Ln2High = 0.693359375f;
    private const float Ln2Low = -2.12194440e-4f;
    private const float Log2E = 1.44269504f;

    /// <summary>eˣ: x = n·ln 2 + r with |r| ≤ ½ln 2, eˣ = 2ⁿ·eʳ, eʳ by its series.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V Exp(V x)
    {
        // Outside these limits the result is +∞ or 0 anyway; with x second, NaN stays.
        x = S.Max(S.Create(-105f), S.Min(S.Create(89f), x));
        return ExpInRange(x);
    }

    /// <summary>eˣ for x ≤ 0, and 0 where that would be subnormal: a processor takes a hundred times as long over a subnormal
    /// result, and the −∞ of a masked score would otherwise lead through one.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V ExpOrZero(V x)
    {
        var smallest = S.Create(-87.3f);
        return S.ZeroBelow(x, smallest, ExpInRange(S.Max(smallest, x)));
    }

    /// <summary>tanh x = E / (E + 2) with E = e²ˣ − 1 for positive x: no digits cancel, however small x is.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V Tanh(V x)
    {
        var twice = S.Min(S.Create(20f), S.Add(S.Abs(x), S.Abs(x)));
        var n = S.Round(S.Multiply(twice, S.Create(Log2E)));
        var power = S.Scale(S.Create(1f), n);
        var e = S.MultiplyAdd(ExpMinus1(Reduce(twice, n)), power, S.Subtract(power, S.Create(1f)));
        return S.CopySign(S.Divide(e, S.Add(e, S.Create(2f))), x);
    }

    /// <summary>½x(1 + tanh u) = x / (1 + e⁻²ᵘ), u = √(2/π)(x + 0.044715x³).</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V GeluTanh(V x)
    {
        // From −16 on the result is −0; the limit keeps −∞ from giving −∞ / ∞.
        x = S.Max(S.Create(-16f), x);
        const float Linear = -1.5957691216f, Cubic = Linear * 0.044715f;
        var exponent = S.Multiply(x, S.MultiplyAdd(S.Multiply(x, x), S.Create(Cubic), S.Create(Linear)));
        return S.Divide(x, S.Add(S.Create(1f), Exp(exponent)));
    }

    /// <summary>x·Φ(x) with Φ(x) = ½·erfc(−x/√2): of the smaller tail, so that no digits cancel on either side.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V GeluErf(V x)
    {
        // From −14 on the result is −0 in fp32; the limit keeps −∞ from giving −∞ · 0.
        x = S.Max(S.Create(-16f), x);
        var z = S.Min(S.Create(20f), S.Multiply(S.Abs(x), S.Create(0.70710678f)));
        var tail = S.Multiply(S.Multiply(ExpOrZero(S.Subtract(S.Create(0f), S.Multiply(z, z))), S.Create(0.5f)), ScaledErfc(z));
        var body = S.ZeroBelow(x, S.Create(0f), S.MultiplyAdd(S.Create(-2f), tail, S.Create(1f)));
        return S.Multiply(x, S.Add(tail, body));
    }

    /// <summary>x / (1 + e⁻ˣ).</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V Silu(V x)
    {
        // From −104 on the result is −0; the limit keeps −∞ from giving −∞ / ∞.
        x = S.Max(S.Create(-104f), x);
        return S.Divide(x, S.Add(S.Create(1f), Exp(S.Subtract(S.Create(0f), x))));
    }

    // e^(z²)·erfc(z) for z ≥ 0: (1 + 2z) times it is smooth in t = (z − 3.75)/(z + 3.75) from −1 to 1 (Shepherd and Laframboise
    // 1981), here its Chebyshev expansion to degree 13 in powers of t, within 7e-10.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static V ScaledErfc(V z)
    {
        var t = S.Divide(S.Subtract(z, S.Create(3.75f)), S.Add(z, S.Create(3.75f)));
        var p = S.MultiplyAdd(S.Create(1.8521948e-5f), t, S.Create(2.2046718e-5f));
        p = S.MultiplyAdd(p, t, S.Create(-2.8431308e-4f));
        p = S.MultiplyAdd(p, t, S.Create(3.3016745e-4f));
        p = S.MultiplyAdd(p, t, S.Create(1.7511576e-3f));
        p = S.MultiplyAdd(p, t, S.Create(-9.7700872e-3f));
        p = S.MultiplyAdd(p, t, S.Create(2.8364105e-2f));
        p = S.MultiplyAdd(p, t, S.Create(-5.8685440e-2f));
        p = S.MultiplyAdd(p, t, S.Create(9.2303938e-2f));
        p = S.MultiplyAdd(p, t, S.Create(-0.10880523f));
        p = S.MultiplyAdd(p, t, S.Create(8.2276774e-2f));
        p = S.MultiplyAdd(p, t, S.Create(3.5854953e-3f));
        p = S.MultiplyAdd(p, t, S.Create(-0.14024060f));
        p = S.MultiplyAdd(p, t, S.Create(1.2375126f));
        return S.Divide(p, S.MultiplyAdd(S.Create(2f), z, S.Create(1f)));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static V ExpInRange(V x)
    {
        var n = S.Round(S.Multiply(x, S.Create(Log2E)));
        return S.Scale(S.Add(S.Create(1f), ExpMinus1(Reduce(x, n))), n);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static V Reduce(V x, V n) =>
        S.MultiplyAdd(n, S.Create(-Ln2Low), S.MultiplyAdd(n, S.Create(-Ln2High), x));

    // r + r²/2! + … + r⁷/7!; what is left out is below 6e-9 of the exponential for |r| ≤ ½ln 2.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static V ExpMinus1(V r)
    {
        var p = S.MultiplyAdd(S.Create(1f / 5040), r, S.Create(1f / 720));
        p = S.MultiplyAdd(p, r, S.Create(1f / 120));
        p = S.MultiplyAdd(p, r, S.Create(1f / 24));
        p = S.MultiplyAdd(p, r, S.Create(1f / 6));
        p = S.MultiplyAdd(p, r, S.Create(0.5f));
        return S.MultiplyAdd(S.Multiply(p, r), r, r);
    }
}
