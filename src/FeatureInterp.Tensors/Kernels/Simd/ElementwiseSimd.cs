using System.Runtime.CompilerServices;

namespace FeatureInterp.Tensors;

/// <summary>The elementwise operations for one vector width: one loop, and a small struct per formula.</summary>
internal static unsafe class ElementwiseSimd<V, S>
    where V : struct
    where S : struct, ISimd<V>
{
    // Elements below which another thread is not worth waking, and what a thread takes at a time.
    private const int ParallelLength = 1 << 16;
    private const int ChunkLength = 1 << 14;

    /// <summary>A formula of two numbers.</summary>
    internal interface IMap
    {
        V Apply(float* a, float* b);
    }

    public static void Exp(ReadOnlySpan<float> x, Span<float> y) => Map(x, x, y, default(ExpMap));

    public static void Add(ReadOnlySpan<float> a, ReadOnlySpan<float> b, Span<float> y) => Map(a, b, y, default(AddMap));

    public static void GeluTanh(ReadOnlySpan<float> x, Span<float> y) => Map(x, x, y, default(GeluMap));

    public static void GeluTanhMul(ReadOnlySpan<float> gate, ReadOnlySpan<float> up, Span<float> y) => Map(gate, up, y, default(GeluMulMap));

    public static void GeluErf(ReadOnlySpan<float> x, Span<float> y) => Map(x, x, y, default(GeluErfMap));

    public static void GeluErfMul(ReadOnlySpan<float> gate, ReadOnlySpan<float> up, Span<float> y) => Map(gate, up, y, default(GeluErfMulMap));

    public static void SiluMul(ReadOnlySpan<float> gate, ReadOnlySpan<float> up, Span<float> y) => Map(gate, up, y, default(SiluMulMap));

    public static void SoftCap(ReadOnlySpan<float> x, float cap, Span<float> y) => Map(x, x, y, new SoftCapMap(cap));

    /// <summary>Attention's scores in place: x·scale, then the soft cap if there is one. This thread alone.</summary>
    public static void ScaleAndCap(float* x, int count, float scale, float cap)
    {
        if (cap > 0)
            Map(x, x, x, count, new ScaledCapMap(scale, cap));
        else
            Map(x, x, x, count, new ScaleMap(scale));
    }

    /// <summary>y = map(a, b), element by element.</summary>
    public static void Map<M>(ReadOnlySpan<float> a, ReadOnlySpan<float> b, Span<float> y, M map)
        where M : struct, IMap
    {
        fixed (float* pa = a, pb = b, py = y)
        {
            if (y.Length < ParallelLength || Workers.Count == 1)
                Map(pa, pb, py, y.Length, map);
            else
                MapParallel(pa, pb, py, y.Length, map);
        }
    }

    private static void MapParallel<M>(float* a, float* b, float* y, int count, M map)
        where M : struct, IMap =>
        Workers.Run((count + ChunkLength - 1) / ChunkLength, chunk =>
        {
            var start = chunk * ChunkLength;
            Map(a + start, b + start, y + start, Math.Min(ChunkLength, count - start), map);
        });

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Map<M>(float* a, float* b, float* y, int count, M map)
        where M : struct, IMap
    {
        var i = 0;
        for (; i <= count - S.Width; i += S.Width)
            S.Store(map.Apply(a + i, b + i), y + i);
        if (i == count)
            return;

        // The rest goes through a vector too, so that a number's result does not depend on where it lies.
        float* restA = stackalloc float[S.Width], restB = stackalloc float[S.Width];
        for (var j = i; j < count; j++)
        {
            restA[j - i] = a[j];
            restB[j - i] = b[j];
        }

        S.Store(map.Apply(restA, restB), restA);
        for (var j = i; j < count; j++)
            y[j] = restA[j - i];
    }

    private readonly struct ExpMap : IMap
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public V Apply(float* a, float* b) => VectorMath<V, S>.Exp(S.Load(a));
    }

    private readonly struct AddMap : IMap
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public V Apply(float* a, float* b) => S.Add(S.Load(a), S.Load(b));
    }

    private readonly struct GeluMap : IMap
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public V Apply(float* a, float* b) => VectorMath<V, S>.GeluTanh(S.Load(a));
    }

    private readonly struct GeluMulMap : IMap
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public V Apply(float* a, float* b) => S.Multiply(VectorMath<V, S>.GeluTanh(S.Load(a)), S.Load(b));
    }

    private readonly struct GeluErfMap : IMap
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public V Apply(float* a, float* b) => VectorMath<V, S>.GeluErf(S.Load(a));
    }

    private readonly struct GeluErfMulMap : IMap
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public V Apply(float* a, float* b) => S.Multiply(VectorMath<V, S>.GeluErf(S.Load(a)), S.Load(b));
    }

    private readonly struct SiluMulMap : IMap
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public V Apply(float* a, float* b) => S.Multiply(VectorMath<V, S>.Silu(S.Load(a)), S.Load(b));
    }

    private readonly struct SoftCapMap(float cap) : IMap
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public V Apply(float* a, float* b) =>
            S.Multiply(VectorMath<V, S>.Tanh(S.Divide(S.Load(a), S.Create(cap))), S.Create(cap));
    }

    private readonly struct ScaleMap(float scale) : IMap
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public V Apply(float* a, float* b) => S.Multiply(S.Load(a), S.Create(scale));
    }

    private readonly struct ScaledCapMap(float scale, float cap) : IMap
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public V Apply(float* a, float* b) =>
            S.Multiply(VectorMath<V, S>.Tanh(S.Divide(S.Multiply(S.Load(a), S.Create(scale)), S.Create(cap))), S.Create(cap));
    }
}
