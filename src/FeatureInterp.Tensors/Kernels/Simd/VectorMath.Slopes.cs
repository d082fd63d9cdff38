using System.Runtime.CompilerServices;

namespace FeatureInterp.Tensors;

/// <content>The slopes of activation functions.</content>
internal static partial class VectorMath<V, S>
{
    /// <summary>d/dx GeluTanh: s·(1 + x·(1 − s)·2u′) with s = 1 / (1 + e⁻²ᵘ), 2u′ = 2√(2/π)(1 + 3·0.044715x²).</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V GeluTanhSlope(V x)
    {
        // Beyond ±16 the slope is 0 or 1.
        x = S.Min(S.Create(16f), S.Max(S.Create(-16f), x));
        const float Linear = -1.5957691216f, Cubic = Linear * 0.044715f;
        var square = S.Multiply(x, x);
        return SigmoidSlope(S.Multiply(x, S.MultiplyAdd(square, S.Create(Cubic), S.Create(Linear))), S.Multiply(x, S.MultiplyAdd(square, S.Create(-3 * Cubic), S.Create(-Linear))));
    }

    /// <summary>d/dx GeluErf = Φ(x) + x·φ(x).</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V GeluErfSlope(V x)
    {
        x = S.Min(S.Create(16f), S.Max(S.Create(-16f), x));
        var z = S.Multiply(S.Abs(x), S.Create(0.70710678f));
        var bell = S.Multiply(ExpOrZero(S.Subtract(S.Create(0f), S.Multiply(z, z))), S.Create(0.5f));       // √(2π)/2 · φ(x)
        var tail = S.Multiply(bell, ScaledErfc(z));
        var body = S.ZeroBelow(x, S.Create(0f), S.MultiplyAdd(S.Create(-2f), tail, S.Create(1f)));
        return S.MultiplyAdd(S.Multiply(x, S.Create(0.79788456f)), bell, S.Add(tail, body));
    }

    /// <summary>d/dx silu: s·(1 + x·(1 − s)) with s = 1 / (1 + e⁻ˣ).</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V SiluSlope(V x)
    {
        // Beyond ±90 the slope is below 1e-37, or 1.
        x = S.Min(S.Create(90f), S.Max(S.Create(-90f), x));
        return SigmoidSlope(S.Subtract(S.Create(0f), x), x);
    }

    // s·(1 + w·(1 − s)) with s = 1 / (1 + e^t); 1 − s = s·e^t, so that no digits cancel. The limit keeps e^t finite.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static V SigmoidSlope(V t, V w)
    {
        var e = Exp(S.Min(S.Create(87f), t));
        var s = S.Divide(S.Create(1f), S.Add(S.Create(1f), e));
        return S.Multiply(s, S.MultiplyAdd(w, S.Multiply(s, e), S.Create(1f)));
    }
}
