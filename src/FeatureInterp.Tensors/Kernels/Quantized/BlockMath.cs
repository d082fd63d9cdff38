using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace FeatureInterp.Tensors;

/// <summary>Steps that several block formats share.</summary>
internal static unsafe class BlockMath
{
    /// <summary>Σ x[i] over a group.</summary>
    public static float Sum<V, S>(float* x, int count)
        where V : struct
        where S : struct, ISimd<V>
    {
        var sum = S.Load(x);
        for (var i = S.Width; i < count; i += S.Width)
            sum = S.Add(sum, S.Load(x + i));
        return S.Sum(sum);
    }

    /// <summary>Σ q[i]·x[i] for 32 numbers of four bits in 16 bytes, the first 16 below and the others above.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V DotNibbles<V, S>(byte* q, float* x)
        where V : struct
        where S : struct, ISimd<V>
    {
        S.LoadNibbles(q, out var low, out var high);
        var sum = S.MultiplyAdd(high, S.Load(x + 16), S.Multiply(low, S.Load(x)));
        for (var i = S.Width; i < 16; i += S.Width)
        {
            S.LoadNibbles(q + i, out low, out high);
            sum = S.MultiplyAdd(low, S.Load(x + i), sum);
            sum = S.MultiplyAdd(high, S.Load(x + 16 + i), sum);
        }

        return sum;
    }

    /// <summary>The 6-bit scales s[0] … s[7] and minima t[0] … t[7] of <see cref="Q4_K"/> and <see cref="Q5_K"/> as fp32.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void StoreScales<V, S>(byte* bytes, float* scales)
        where V : struct
        where S : struct, ISimd<V>
    {
        // Four bytes at a time: s[0..3] and t[0..3] with two bits of s[4..7] and t[4..7] on top, then four bits of these each.
        uint a = *(uint*)bytes, b = *(uint*)(bytes + 4), c = *(uint*)(bytes + 8);
        var s = (a & 0x3F3F3F3F) | (ulong)((c & 0x0F0F0F0F) | (a >> 2 & 0x30303030)) << 32;
        var t = (b & 0x3F3F3F3F) | (ulong)((c >> 4 & 0x0F0F0F0F) | (b >> 2 & 0x30303030)) << 32;
        S.StoreWidened(Vector128.Create(s, t).AsByte(), scales);
    }
}
