using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace FeatureInterp.Tensors;

/// <summary>Eight floats at a time: AVX2 with FMA.</summary>
internal readonly unsafe partial struct Simd256 : ISimd<Vector256<float>>
{
    public static int Width => 8;

    public static int TileRows => 6;

    public static int BlockSize => 8;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Load(float* p) => Vector256.Load(p);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> LoadBF16(ushort* p) => Vector256.ShiftLeft(LoadWide(p), 16).AsSingle();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> LoadEvenBF16(ushort* p) => Vector256.ShiftLeft(Vector256.Load((uint*)p), 16).AsSingle();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> LoadOddBF16(ushort* p) => (Vector256.Load((uint*)p) & Vector256.Create(0xFFFF0000u)).AsSingle();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void StoreByParity(float* source, float* destination)
    {
        Vector256<float> a = Vector256.Load(source), b = Vector256.Load(source + Width);
        Avx2.Permute4x64(Avx.Shuffle(a, b, 0x88).AsDouble(), 0b11_01_10_00).AsSingle().Store(destination);
        Avx2.Permute4x64(Avx.Shuffle(a, b, 0xDD).AsDouble(), 0b11_01_10_00).AsSingle().Store(destination + Width);
    }

    // Exponent and fraction are moved into place and the exponent is corrected by a multiplication, which also
    // normalises subnormal numbers; infinities and NaN need their exponent filled up.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> LoadF16(ushort* p)
    {
        var bits = LoadWide(p);
        var magnitude = Vector256.ShiftLeft(bits & Vector256.Create(0x7FFFu), 13);
        var value = (magnitude.AsSingle() * Vector256.Create(5.192296858534828e33f)).AsUInt32();
        value |= Vector256.GreaterThanOrEqual(magnitude.AsInt32(), Vector256.Create(0x0F800000)).AsUInt32() & Vector256.Create(0x7F800000u);
        return (value | Vector256.ShiftLeft(bits & Vector256.Create(0x8000u), 16)).AsSingle();
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store(Vector256<float> v, float* p) => v.Store(p);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Prefetch(void* p) => Sse.Prefetch0(p);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Create(float value) => Vector256.Create(value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Add(Vector256<float> a, Vector256<float> b) => a + b;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Subtract(Vector256<float> a, Vector256<float> b) => a - b;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Multiply(Vector256<float> a, Vector256<float> b) => a * b;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Divide(Vector256<float> a, Vector256<float> b) => a / b;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> MultiplyAdd(Vector256<float> a, Vector256<float> b, Vector256<float> c) => Fma.MultiplyAdd(a, b, c);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Max(Vector256<float> a, Vector256<float> b) => Avx.Max(a, b);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Min(Vector256<float> a, Vector256<float> b) => Avx.Min(a, b);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> ZeroBelow(Vector256<float> x, Vector256<float> limit, Vector256<float> v) =>
        Vector256.AndNot(v, Vector256.LessThan(x, limit));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Abs(Vector256<float> v) => Vector256.Abs(v);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> CopySign(Vector256<float> magnitude, Vector256<float> sign) =>
        Vector256.ConditionalSelect(Vector256.Create(-0f), sign, magnitude);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Round(Vector256<float> v) => Vector256.Round(v);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Scale(Vector256<float> v, Vector256<float> n)
    {
        // In two halves, so that neither factor leaves the normal range.
        var whole = Vector256.ConvertToInt32(n);
        var half = Vector256.ShiftRightArithmetic(whole, 1);
        var bias = Vector256.Create(127);
        return v * Vector256.ShiftLeft(half + bias, 23).AsSingle() * Vector256.ShiftLeft(whole - half + bias, 23).AsSingle();
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float Sum(Vector256<float> v) => Vector256.Sum(v);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void StoreSums(Vector256<float> a, Vector256<float> b, Vector256<float> c, Vector256<float> d, float* p) =>
        Simd128.StoreSums(Fold(a), Fold(b), Fold(c), Fold(d), p);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool AnyGreater(Vector256<float> a, Vector256<float> b) => Vector256.GreaterThanAny(a, b);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool AllAtMost(Vector256<float> a, Vector256<float> b) => Vector256.LessThanOrEqualAll(a, b);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Sqrt(Vector256<float> v) => Vector256.Sqrt(v);

    // Halves of rows i and i + 4 share a register from the load on, so that no step crosses the middle of a register.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void StoreTransposed<E>(byte* source, nint stride, float* destination, nint pitch)
        where E : struct, IElement
    {
        StoreHalf<E>(source, stride, destination, pitch);
        StoreHalf<E>(source + 4 * E.Size, stride, destination + 4 * pitch, pitch);
    }

    // Two numbers of a row are turned as one of 32 bits, and only then widened: half the shuffles.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void StoreTransposedBF16(byte* source, nint stride, float* destination, nint pitch)
    {
        StoreHalfBF16(source, stride, destination, pitch);
        StoreHalfBF16(source + 4 * sizeof(float), stride, destination + 8 * pitch, pitch);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void StoreHalfBF16(byte* source, nint stride, float* destination, nint pitch)
    {
        var (c0, c1, c2, c3) = TransposedHalf<ElementF32>(source, stride);
        StoreBoth(c0, destination, pitch);
        StoreBoth(c1, destination + 2 * pitch, pitch);
        StoreBoth(c2, destination + 4 * pitch, pitch);
        StoreBoth(c3, destination + 6 * pitch, pitch);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void StoreBoth(Vector256<float> pairs, float* destination, nint pitch)
    {
        Vector256.ShiftLeft(pairs.AsUInt32(), 16).AsSingle().Store(destination);
        (pairs.AsUInt32() & Vector256.Create(0xFFFF0000u)).AsSingle().Store(destination + pitch);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void StoreHalf<E>(byte* source, nint stride, float* destination, nint pitch)
        where E : struct, IElement
    {
        var (c0, c1, c2, c3) = TransposedHalf<E>(source, stride);
        c0.Store(destination);
        c1.Store(destination + pitch);
        c2.Store(destination + 2 * pitch);
        c3.Store(destination + 3 * pitch);
    }

    // Four columns of eight rows.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static (Vector256<float>, Vector256<float>, Vector256<float>, Vector256<float>) TransposedHalf<E>(byte* source, nint stride)
        where E : struct, IElement
    {
        var lower = source + 4 * stride;
        var r0 = Pair<E>(source, lower);
        var r1 = Pair<E>(source + stride, lower + stride);
        var r2 = Pair<E>(source + 2 * stride, lower + 2 * stride);
        var r3 = Pair<E>(source + 3 * stride, lower + 3 * stride);
        Vector256<float> t0 = Avx.UnpackLow(r0, r1), t1 = Avx.UnpackHigh(r0, r1);
        Vector256<float> t2 = Avx.UnpackLow(r2, r3), t3 = Avx.UnpackHigh(r2, r3);
        return (Avx.Shuffle(t0, t2, 0x44), Avx.Shuffle(t0, t2, 0xEE), Avx.Shuffle(t1, t3, 0x44), Avx.Shuffle(t1, t3, 0xEE));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<float> Pair<E>(byte* first, byte* second)
        where E : struct, IElement =>
        Vector256.Create(E.Load<Vector128<float>, Simd128>(first), E.Load<Vector128<float>, Simd128>(second));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<float> Fold(Vector256<float> v) => v.GetLower() + v.GetUpper();

    // 8 unsigned 16-bit numbers as 32-bit ones.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<uint> LoadWide(ushort* p) => Avx2.ConvertToVector256Int32(p).AsUInt32();
}
