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

    /// <summary>Copies a group.</summary>
    public static void Copy<V, S>(float* from, float* to, int count)
        where V : struct
        where S : struct, ISimd<V>
    {
        for (var i = 0; i < count; i += S.Width)
            S.Store(S.Load(from + i), to + i);
    }

    /// <summary>
    /// Activations as <see cref="DotNibbles{V, S}"/> wants them. A byte b = 16·h + l holds two numbers, so with
    /// <c>h·x = (b − l)·x/16</c> only b and l need be unpacked: <c>l·x[i] + h·x[i + 16] = l·(x[i] − x[i + 16]/16) + b·x[i + 16]/16</c>.
    /// </summary>
    public static void PrepareNibbles<V, S>(float* x, float* prepared)
        where V : struct
        where S : struct, ISimd<V>
    {
        for (var i = 0; i < 16; i += S.Width)
        {
            var high = S.Multiply(S.Load(x + 16 + i), S.Create(1f / 16));
            S.Store(S.Subtract(S.Load(x + i), high), prepared + i);
            S.Store(high, prepared + 16 + i);
        }
    }

    /// <summary>Σ q[i]·x[i] for 32 numbers of four bits in 16 bytes, the first 16 below and the others above.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V DotNibbles<V, S>(byte* q, float* prepared)
        where V : struct
        where S : struct, ISimd<V>
    {
        S.LoadBytes(q, out var whole, out var low);
        var sum = S.MultiplyAdd(whole, S.Load(prepared + 16), S.Multiply(low, S.Load(prepared)));
        for (var i = S.Width; i < 16; i += S.Width)
        {
            S.LoadBytes(q + i, out whole, out low);
            sum = S.MultiplyAdd(low, S.Load(prepared + i), sum);
            sum = S.MultiplyAdd(whole, S.Load(prepared + 16 + i), sum);
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
