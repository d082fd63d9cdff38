using System.Numerics;
using System.Runtime.CompilerServices;

namespace FeatureInterp.Tensors;

/// <summary>The places above a limit for one vector width: most vectors have none, and cost one comparison.</summary>
internal static unsafe class AboveSimd<V, S>
    where V : struct
    where S : struct, ISimd<V>
{
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static int Above(ReadOnlySpan<float> x, ReadOnlySpan<float> limits, Span<int> indices)
    {
        var count = 0;
        var i = 0;
        fixed (float* px = x, pl = limits)
        fixed (int* to = indices)
        {
            for (; i <= x.Length - S.Width; i += S.Width)
            {
                for (var mask = S.GreaterMask(S.Load(px + i), S.Load(pl + i)); mask != 0; mask &= mask - 1)
                    to[count++] = i + BitOperations.TrailingZeroCount(mask);
            }

            for (; i < x.Length; i++)
            {
                if (px[i] > pl[i])
                    to[count++] = i;
            }
        }

        return count;
    }
}
