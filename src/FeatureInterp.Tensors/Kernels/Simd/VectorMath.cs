using System.Runtime.CompilerServices;

namespace FeatureInterp.Tensors;

/// <summary>Functions of whole vectors, accurate to a few units in the last place.</summary>
internal static class VectorMath<V, S>
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
