using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace FeatureInterp.Tensors;

internal readonly unsafe partial struct Simd128
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<float> LoadI8(byte* p) =>
        Float(Vector128.WidenLower(Vector128.WidenLower(Vector128.CreateScalarUnsafe(*(uint*)p).AsSByte())));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void LoadNibbles(byte* p, out Vector128<float> low, out Vector128<float> high)
    {
        var bytes = LoadBytes(p);
        low = Float(bytes & Vector128.Create(15));
        high = Float(Vector128.ShiftRightLogical(bytes, 4));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void LoadFiveBits(byte* p, byte* fifth, int bit, out Vector128<float> low, out Vector128<float> high)
    {
        var bytes = LoadBytes(p);
        var bits = Vector128.ShiftLeft(Vector128.ShiftRightLogical(LoadBytes(fifth), bit), 4); // wanted are bits 4 and 5
        low = Float((bytes & Vector128.Create(15)) | (bits & Vector128.Create(16)));
        high = Float(Vector128.ShiftRightLogical(bytes, 4) | (Vector128.ShiftRightLogical(bits, 1) & Vector128.Create(16)));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void LoadSixBits(byte* a, byte* b, byte* high, out Vector128<float> q0, out Vector128<float> q1, out Vector128<float> q2, out Vector128<float> q3)
    {
        Vector128<int> la = LoadBytes(a), lb = LoadBytes(b), h = LoadBytes(high);
        Vector128<int> lower = Vector128.Create(15), upper = Vector128.Create(48);
        q0 = Float((la & lower) | (Vector128.ShiftLeft(h, 4) & upper));
        q1 = Float((lb & lower) | (Vector128.ShiftLeft(h, 2) & upper));
        q2 = Float(Vector128.ShiftRightLogical(la, 4) | (h & upper));
        q3 = Float(Vector128.ShiftRightLogical(lb, 4) | (Vector128.ShiftRightLogical(h, 2) & upper));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void StoreWidened(Vector128<byte> bytes, float* p)
    {
        var (first, second) = Vector128.Widen(bytes);
        var (a, b) = Vector128.Widen(first);
        var (c, d) = Vector128.Widen(second);
        Float(a.AsInt32()).Store(p);
        Float(b.AsInt32()).Store(p + 4);
        Float(c.AsInt32()).Store(p + 8);
        Float(d.AsInt32()).Store(p + 12);
    }

    // 4 unsigned bytes as 32-bit numbers.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<int> LoadBytes(byte* p) =>
        Vector128.WidenLower(Vector128.WidenLower(Vector128.CreateScalarUnsafe(*(uint*)p).AsByte())).AsInt32();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<float> Float(Vector128<int> v) => Vector128.ConvertToSingle(v);
}
