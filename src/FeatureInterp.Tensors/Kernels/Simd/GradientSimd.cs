using System.Runtime.CompilerServices;

namespace FeatureInterp.Tensors;

/// <summary>A gradient times the slope of an activation function, for one vector width.</summary>
internal static class GradientSimd<V, S>
    where V : struct
    where S : struct, ISimd<V>
{
    public static void GeluTanh(ReadOnlySpan<float> x, ReadOnlySpan<float> g, Span<float> y) => ElementwiseSimd<V, S>.Map(x, g, y, default(GeluTanhMap));

    public static void GeluErf(ReadOnlySpan<float> x, ReadOnlySpan<float> g, Span<float> y) => ElementwiseSimd<V, S>.Map(x, g, y, default(GeluErfMap));

    public static void Silu(ReadOnlySpan<float> x, ReadOnlySpan<float> g, Span<float> y) => ElementwiseSimd<V, S>.Map(x, g, y, default(SiluMap));

    private readonly unsafe struct GeluTanhMap : ElementwiseSimd<V, S>.IMap
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public V Apply(float* a, float* b) => S.Multiply(VectorMath<V, S>.GeluTanhSlope(S.Load(a)), S.Load(b));
    }

    private readonly unsafe struct GeluErfMap : ElementwiseSimd<V, S>.IMap
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public V Apply(float* a, float* b) => S.Multiply(VectorMath<V, S>.GeluErfSlope(S.Load(a)), S.Load(b));
    }

    private readonly unsafe struct SiluMap : ElementwiseSimd<V, S>.IMap
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public V Apply(float* a, float* b) => S.Multiply(VectorMath<V, S>.SiluSlope(S.Load(a)), S.Load(b));
    }
}
