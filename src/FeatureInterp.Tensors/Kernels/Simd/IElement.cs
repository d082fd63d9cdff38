using System.Runtime.CompilerServices;

namespace FeatureInterp.Tensors;

/// <summary>An element type of a weight, read as fp32.</summary>
internal unsafe interface IElement
{
    static abstract int Size { get; }

    static abstract float Load(byte* p);

    static abstract V Load<V, S>(byte* p)
        where V : struct
        where S : struct, ISimd<V>;

    /// <summary>
    /// Of 2·Width numbers those of one vector, <see cref="LoadSecond"/> the others: the two halves, or, where that takes fewer instructions,
    /// those at even and at odd places.
    /// </summary>
    static abstract V LoadFirst<V, S>(byte* p)
        where V : struct
        where S : struct, ISimd<V>;

    static abstract V LoadSecond<V, S>(byte* p)
        where V : struct
        where S : struct, ISimd<V>;

    /// <summary>Whether it is the even and odd places, so that what they are multiplied with has to lie in that order too.</summary>
    static abstract bool IsByParity { get; }
}

internal readonly unsafe struct ElementF32 : IElement
{
    public static int Size => sizeof(float);

    public static bool IsByParity => false;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float Load(byte* p) => *(float*)p;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V Load<V, S>(byte* p)
        where V : struct
        where S : struct, ISimd<V> => S.Load((float*)p);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V LoadFirst<V, S>(byte* p)
        where V : struct
        where S : struct, ISimd<V> => S.Load((float*)p);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V LoadSecond<V, S>(byte* p)
        where V : struct
        where S : struct, ISimd<V> => S.Load((float*)p + S.Width);
}

internal readonly unsafe struct ElementBF16 : IElement
{
    public static int Size => sizeof(ushort);

    public static bool IsByParity => true;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float Load(byte* p) => BitConverter.UInt32BitsToSingle((uint)*(ushort*)p << 16);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V Load<V, S>(byte* p)
        where V : struct
        where S : struct, ISimd<V> => S.LoadBF16((ushort*)p);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V LoadFirst<V, S>(byte* p)
        where V : struct
        where S : struct, ISimd<V> => S.LoadEvenBF16((ushort*)p);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V LoadSecond<V, S>(byte* p)
        where V : struct
        where S : struct, ISimd<V> => S.LoadOddBF16((ushort*)p);
}

internal readonly unsafe struct ElementF16 : IElement
{
    public static int Size => sizeof(ushort);

    public static bool IsByParity => false;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float Load(byte* p) => (float)*(Half*)p;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V Load<V, S>(byte* p)
        where V : struct
        where S : struct, ISimd<V> => S.LoadF16((ushort*)p);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V LoadFirst<V, S>(byte* p)
        where V : struct
        where S : struct, ISimd<V> => S.LoadF16((ushort*)p);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V LoadSecond<V, S>(byte* p)
        where V : struct
        where S : struct, ISimd<V> => S.LoadF16((ushort*)p + S.Width);
}
