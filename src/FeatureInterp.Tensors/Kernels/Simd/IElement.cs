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
}

internal readonly unsafe struct ElementF32 : IElement
{
    public static int Size => sizeof(float);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float Load(byte* p) => *(float*)p;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V Load<V, S>(byte* p)
        where V : struct
        where S : struct, ISimd<V> => S.Load((float*)p);
}

internal readonly unsafe struct ElementBF16 : IElement
{
    public static int Size => sizeof(ushort);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float Load(byte* p) => BitConverter.UInt32BitsToSingle((uint)*(ushort*)p << 16);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V Load<V, S>(byte* p)
        where V : struct
        where S : struct, ISimd<V> => S.LoadBF16((ushort*)p);
}

internal readonly unsafe struct ElementF16 : IElement
{
    public static int Size => sizeof(ushort);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float Load(byte* p) => (float)*(Half*)p;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V Load<V, S>(byte* p)
        where V : struct
        where S : struct, ISimd<V> => S.LoadF16((ushort*)p);
}
