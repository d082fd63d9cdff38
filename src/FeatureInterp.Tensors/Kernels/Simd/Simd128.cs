using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace FeatureInterp.Tensors;

/// <summary>Four floats at a time: what every 64-bit processor has.</summary>
internal readonly unsafe partial struct Simd128 : ISimd<Vector128<float>>
{
    public static int Width => 4;

    public static int TileRows => 6;

    public static int BlockSize => 4;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<float> Load(float* p) => Vector128.Load(p);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<float> LoadBF16(ushort* p) => Vector128.ShiftLeft(LoadWide(p), 16).AsSingle();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<float> LoadEvenBF16(ushort* p) => Vector128.ShiftLeft(Vector128.Load((uint*)p), 16).AsSingle();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<float> LoadOddBF16(ushort* p) => (Vector128.Load((uint*)p) & Vector128.Create(0xFFFF0000u)).AsSingle();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void StoreByParity(float* source, float* destination)
    {
        for (var i = 0; i < Width; i++)
            (destination[i], destination[Width + i]) = (source[2 * i], source[2 * i + 1]);
    }

    // Exponent and fraction are moved into place and the exponent is corrected by a multiplication, which also
    // normalises subnormal numbers; infinities and NaN need their exponent filled up.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<float> LoadF16(ushort* p)
    {
        var bits = LoadWide(p);
        var magnitude = Vector128.ShiftLeft(bits & Vector128.Create(0x7FFFu), 13);
        var value = (magnitude.AsSingle() * Vector128.Create(5.192296858534828e33f)).AsUInt32();
        value |= Vector128.GreaterThanOrEqual(magnitude.AsInt32(), Vector128.Create(0x0F800000)).AsUInt32() & Vector128.Create(0x7F800000u);
        return (value | Vector128.ShiftLeft(bits & Vector128.Create(0x8000u), 16)).AsSingle();
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store(Vector128<float> v, float* p) => v.Store(p);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Prefetch(void* p)
    {
        if (Sse.IsSupported)
            Sse.Prefetch0(p);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<float> Create(float value) => Vector128.Create(value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<float> Add(Vector128<float> a, Vector128<float> b) => a + b;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<float> Subtract(Vector128<float> a, Vector128<float> b) => a - b;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<float> Multiply(Vector128<float> a, Vector128<float> b) => a * b;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<float> Divide(Vector128<float> a, Vector128<float> b) => a / b;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<float> MultiplyAdd(Vector128<float> a, Vector128<float> b, Vector128<float> c) => Vector128.MultiplyAddEstimate(a, b, c);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<float> Max(Vector128<float> a, Vector128<float> b) => Vector128.ConditionalSelect(Vector128.GreaterThan(a, b), a, b);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<float> Min(Vector128<float> a, Vector128<float> b) => Vector128.ConditionalSelect(Vector128.LessThan(a, b), a, b);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<float> ZeroBelow(Vector128<float> x, Vector128<float> limit, Vector128<float> v) =>
        Vector128.AndNot(v, Vector128.LessThan(x, limit));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<float> Abs(Vector128<float> v) => Vector128.Abs(v);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<float> CopySign(Vector128<float> magnitude, Vector128<float> sign) =>
        Vector128.ConditionalSelect(Vector128.Create(-0f), sign, magnitude);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<float> Round(Vector128<float> v) => Vector128.Round(v);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<float> Scale(Vector128<float> v, Vector128<float> n)
    {
        // In two halves, so that neither factor leaves the normal range.
        var whole = Vector128.ConvertToInt32(n);
        var half = Vector128.ShiftRightArithmetic(whole, 1);
        var bias = Vector128.Create(127);
        return v * Vector128.ShiftLeft(half + bias, 23).AsSingle() * Vector128.ShiftLeft(whole - half + bias, 23).AsSingle();
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float Sum(Vector128<float> v) => Vector128.Sum(v);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void StoreSums(Vector128<float> a, Vector128<float> b, Vector128<float> c, Vector128<float> d, float* p)
    {
        if (Sse3.IsSupported)
            Sse3.HorizontalAdd(Sse3.HorizontalAdd(a, b), Sse3.HorizontalAdd(c, d)).Store(p);
        else
            Vector128.Create(Vector128.Sum(a), Vector128.Sum(b), Vector128.Sum(c), Vector128.Sum(d)).Store(p);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool AnyGreater(Vector128<float> a, Vector128<float> b) => Vector128.GreaterThanAny(a, b);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool AllAtMost(Vector128<float> a, Vector128<float> b) => Vector128.LessThanOrEqualAll(a, b);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<float> Sqrt(Vector128<float> v) => Vector128.Sqrt(v);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void StoreTransposed<E>(byte* source, nint stride, float* destination, nint pitch)
        where E : struct, IElement
    {
        var r0 = E.Load<Vector128<float>, Simd128>(source);
        var r1 = E.Load<Vector128<float>, Simd128>(source + stride);
        var r2 = E.Load<Vector128<float>, Simd128>(source + 2 * stride);
        var r3 = E.Load<Vector128<float>, Simd128>(source + 3 * stride);
        if (Sse.IsSupported)
        {
            Vector128<float> t0 = Sse.UnpackLow(r0, r1), t1 = Sse.UnpackHigh(r0, r1);
            Vector128<float> t2 = Sse.UnpackLow(r2, r3), t3 = Sse.UnpackHigh(r2, r3);
            Sse.MoveLowToHigh(t0, t2).Store(destination);
            Sse.MoveHighToLow(t2, t0).Store(destination + pitch);
            Sse.MoveLowToHigh(t1, t3).Store(destination + 2 * pitch);
            Sse.MoveHighToLow(t3, t1).Store(destination + 3 * pitch);
        }
        else
        {
            Vector128.Create(r0[0], r1[0], r2[0], r3[0]).Store(destination);
            Vector128.Create(r0[1], r1[1], r2[1], r3[1]).Store(destination + pitch);
            Vector128.Create(r0[2], r1[2], r2[2], r3[2]).Store(destination + 2 * pitch);
            Vector128.Create(r0[3], r1[3], r2[3], r3[3]).Store(destination + 3 * pitch);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void StoreTransposedBF16(byte* source, nint stride, float* destination, nint pitch)
    {
        StoreTransposed<ElementBF16>(source, stride, destination, pitch);
        StoreTransposed<ElementBF16>(source + 4 * sizeof(ushort), stride, destination + 4 * pitch, pitch);
    }

    // 4 unsigned 16-bit numbers as 32-bit ones.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<uint> LoadWide(ushort* p) => Vector128.WidenLower(Vector128.CreateScalarUnsafe(*(ulong*)p).AsUInt16());
}
