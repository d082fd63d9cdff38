using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace FeatureInterp.Tensors;

/// <summary>Sixteen floats at a time: AVX-512, whose 32 registers hold a tile twice as tall.</summary>
internal readonly unsafe partial struct Simd512 : ISimd<Vector512<float>>
{
    public static int Width => 16;

    public static int TileRows => 12;

    public static int BlockSize => 8;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Load(float* p) => Vector512.Load(p);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> LoadBF16(ushort* p) => Vector512.ShiftLeft(LoadWide(p), 16).AsSingle();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> LoadEvenBF16(ushort* p) => Vector512.ShiftLeft(Vector512.Load((uint*)p), 16).AsSingle();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> LoadOddBF16(ushort* p) => (Vector512.Load((uint*)p) & Vector512.Create(0xFFFF0000u)).AsSingle();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void StoreByParity(float* source, float* destination)
    {
        Vector512<float> a = Vector512.Load(source), b = Vector512.Load(source + Width);
        var even = Vector512<int>.Indices * 2;
        Avx512F.PermuteVar16x32x2(a, even, b).Store(destination);
        Avx512F.PermuteVar16x32x2(a, even + Vector512<int>.One, b).Store(destination + Width);
    }

    // Exponent and fraction are moved into place and the exponent is corrected by a multiplication, which also
    // normalises subnormal numbers; infinities and NaN need their exponent filled up.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> LoadF16(ushort* p)
    {
        var bits = LoadWide(p);
        var magnitude = Vector512.ShiftLeft(bits & Vector512.Create(0x7FFFu), 13);
        var value = (magnitude.AsSingle() * Vector512.Create(5.192296858534828e33f)).AsUInt32();
        value |= Vector512.GreaterThanOrEqual(magnitude.AsInt32(), Vector512.Create(0x0F800000)).AsUInt32() & Vector512.Create(0x7F800000u);
        return (value | Vector512.ShiftLeft(bits & Vector512.Create(0x8000u), 16)).AsSingle();
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store(Vector512<float> v, float* p) => v.Store(p);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Prefetch(void* p) => Sse.Prefetch0(p);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Create(float value) => Vector512.Create(value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Add(Vector512<float> a, Vector512<float> b) => a + b;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Subtract(Vector512<float> a, Vector512<float> b) => a - b;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Multiply(Vector512<float> a, Vector512<float> b) => a * b;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Divide(Vector512<float> a, Vector512<float> b) => a / b;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> MultiplyAdd(Vector512<float> a, Vector512<float> b, Vector512<float> c) => Avx512F.FusedMultiplyAdd(a, b, c);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Max(Vector512<float> a, Vector512<float> b) => Avx512F.Max(a, b);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Min(Vector512<float> a, Vector512<float> b) => Avx512F.Min(a, b);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> ZeroBelow(Vector512<float> x, Vector512<float> limit, Vector512<float> v) =>
        Vector512.AndNot(v, Vector512.LessThan(x, limit));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Abs(Vector512<float> v) => Vector512.Abs(v);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> CopySign(Vector512<float> magnitude, Vector512<float> sign) =>
        Vector512.ConditionalSelect(Vector512.Create(-0f), sign, magnitude);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Round(Vector512<float> v) => Vector512.Round(v);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Scale(Vector512<float> v, Vector512<float> n) => Avx512F.Scale(v, n);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float Sum(Vector512<float> v) => Vector512.Sum(v);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void StoreSums(Vector512<float> a, Vector512<float> b, Vector512<float> c, Vector512<float> d, float* p) =>
        Simd256.StoreSums(Fold(a), Fold(b), Fold(c), Fold(d), p);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool AnyGreater(Vector512<float> a, Vector512<float> b) => Vector512.GreaterThanAny(a, b);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool AllAtMost(Vector512<float> a, Vector512<float> b) => Vector512.LessThanOrEqualAll(a, b);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Sqrt(Vector512<float> v) => Vector512.Sqrt(v);

    // A 16 × 16 block would need as many shuffles per element, and 512-bit ones run on one port only.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void StoreTransposed<E>(byte* source, nint stride, float* destination, nint pitch)
        where E : struct, IElement => Simd256.StoreTransposed<E>(source, stride, destination, pitch);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void StoreTransposedBF16(byte* source, nint stride, float* destination, nint pitch) => Simd256.StoreTransposedBF16(source, stride, destination, pitch);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<float> Fold(Vector512<float> v) => v.GetLower() + v.GetUpper();

    // 16 unsigned 16-bit numbers as 32-bit ones.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<uint> LoadWide(ushort* p) => Avx512F.ConvertToVector512UInt32(Vector256.Load(p));
}
