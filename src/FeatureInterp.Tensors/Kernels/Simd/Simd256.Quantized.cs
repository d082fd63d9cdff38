using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace FeatureInterp.Tensors;

internal readonly unsafe partial struct Simd256
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> LoadI8(byte* p) => Float(Avx2.ConvertToVector256Int32((sbyte*)p));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void LoadNibbles(byte* p, out Vector256<float> low, out Vector256<float> high)
    {
        var bytes = LoadBytes(p);
        low = Float(bytes & Vector256.Create(15));
        high = Float(Vector256.ShiftRightLogical(bytes, 4));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void LoadFiveBits(byte* p, byte* fifth, int bit, out Vector256<float> low, out Vector256<float> high)
    {
        var bytes = LoadBytes(p);
        var bits = Vector256.ShiftLeft(Vector256.ShiftRightLogical(LoadBytes(fifth), bit), 4); // wanted are bits 4 and 5
        low = Float((bytes & Vector256.Create(15)) | (bits & Vector256.Create(16)));
        high = Float(Vector256.ShiftRightLogical(bytes, 4) | (Vector256.ShiftRightLogical(bits, 1) & Vector256.Create(16)));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void LoadSixBits(byte* a, byte* b, byte* high, out Vector256<float> q0, out Vector256<float> q1, out Vector256<float> q2, out Vector256<float> q3)
    {
        Vector256<int> la = LoadBytes(a), lb = LoadBytes(b), h = LoadBytes(high);
        Vector256<int> lower = Vector256.Create(15), upper = Vector256.Create(48);
        q0 = Float((la & lower) | (Vector256.ShiftLeft(h, 4) & upper));
        q1 = Float((lb & lower) | (Vector256.ShiftLeft(h, 2) & upper));
        q2 = Float(Vector256.ShiftRightLogical(la, 4) | (h & upper));
        q3 = Float(Vector256.ShiftRightLogical(lb, 4) | (Vector256.ShiftRightLogical(h, 2) & upper));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void StoreWidened(Vector128<byte> bytes, float* p)
    {
        Float(Avx2.ConvertToVector256Int32(bytes)).Store(p);
        Float(Avx2.ConvertToVector256Int32(Vector128.Create(bytes.GetUpper(), default))).Store(p + 8);
    }

    // 8 unsigned bytes as 32-bit numbers.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<int> LoadBytes(byte* p) => Avx2.ConvertToVector256Int32(p);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<float> Float(Vector256<int> v) => Avx.ConvertToVector256Single(v);
}
