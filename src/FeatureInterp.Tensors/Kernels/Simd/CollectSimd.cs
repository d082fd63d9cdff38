using System.Runtime.CompilerServices;

namespace FeatureInterp.Tensors;

/// <summary>Picking the few elements that exceed a floor, for one vector width: vectors without any are passed over whole.</summary>
internal static unsafe class CollectSimd<V, S>
    where V : struct
    where S : struct, ISimd<V>
{
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static int CollectAbove(ReadOnlySpan<float> x, ReadOnlySpan<float> floor, Span<int> indices, Span<float> values)
    {
        var found = 0;
        fixed (float* p = x, f = floor, v = values)
        fixed (int* at = indices)
        {
            var i = 0;
            for (; i <= x.Length - S.Width; i += S.Width)
            {
                if (!S.AllAtMost(S.Load(p + i), S.Load(f + i)))
                    found = Collect(p, f, i, i + S.Width, at, v, found);
            }

            return Collect(p, f, i, x.Length, at, v, found);
        }
    }

    // Writes every element and steps on past those that stay: without a branch that is hard to foresee.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static int Collect(float* x, float* floor, int start, int end, int* indices, float* values, int found)
    {
        for (var i = start; i < end; i++)
        {
            var value = x[i];
            indices[found] = i;
            values[found] = value;
            found += value <= floor[i] ? 0 : 1;
        }

        return found;
    }
}
