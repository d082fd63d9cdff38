using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace FeatureInterp.Tensors;

internal readonly unsafe partial struct Simd512
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> LoadI8(byte* p) => Avx512F.ConvertToVector512Single(Avx512F.ConvertToVector512Int32(Vector128.Load((sbyte*)p)));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void LoadNibbles(byte* p, out Vector512<float> low, out Vector512<float> high)
    {
        var bytes = LoadBytes(p);
        low = Float(bytes & Vector512.Create(15));
        high = Float(Vector512.ShiftRightLogical(bytes, 4));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void LoadFiveBits(byte* p, byte* fifth, int bit, out Vector512<float> low, out Vector512<float> high)
    {
        var bytes = LoadBytes(p);
        var bits = Vector512.ShiftLeft(Vector512.ShiftRightLogical(LoadBytes(fifth), bit), 4); // wanted are bits 4 and 5
        low = Float((bytes & Vector512.Create(15)) | (bits & Vector512.Create(16)));
        high = Float(Vector512.ShiftRightLogical(bytes, 4) | (Vector512.ShiftRightLogical(bits, 1) & Vector512.Create(16)));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void LoadSixBits(byte* a, byte* b, byte* high, out Vector512<float> q0, out Vector512<float> q1, out Vector512<float> q2, out Vector512<float> q3)
    {
        Vector512<int> la = LoadBytes(a), lb = LoadBytes(b), h = LoadBytes(high);
        Vector512<int> lower = Vector512.Create(15), upper = Vector512.Create(48);
        q0 = Float((la & lower) | (Vector512.ShiftLeft(h, 4) & upper));
        q1 = Float((lb & lower) | (Vector512.ShiftLeft(h, 2) & upper));
        q2 = Float(Vector512.ShiftRightLogical(la, 4) | (h & upper));
        q3 = Float(Vector512.ShiftRightLogical(lb, 4) | (Vector512.ShiftRightLogical(h, 2) & upper));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void StoreWidened(Vector128<byte> bytes, float* p) => Float(Avx512F.ConvertToVector512Int32(bytes)).Store(p);

    // 16 unsigned bytes as 32-bit numbers.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<int> LoadBytes(byte* p) => Avx512F.ConvertToVector512Int32(Vector128.Load(p));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<float> Float(Vector512<int> v) => Avx512F.ConvertToVector512Single(v);
}
