using System.Runtime.CompilerServices;

namespace FeatureInterp.Tensors;

/// <summary>Adam's step for one vector width: every array is read and written once.</summary>
internal static unsafe class AdamSimd<V, S>
    where V : struct
    where S : struct, ISimd<V>
{
    // Elements below which another thread is not worth waking, and what a thread takes at a time.
    private const int ParallelLength = 1 << 16;
    private const int ChunkLength = 1 << 15;

    public static void Adam(ReadOnlySpan<float> gradient, AdamStep step, Span<float> mean, Span<float> square, Span<float> weights)
    {
        fixed (float* g = gradient, m = mean, v = square, w = weights)
        {
            if (gradient.Length < ParallelLength || Workers.Count == 1)
                Step(g, step, m, v, w, gradient.Length);
            else
                StepParallel(g, step, m, v, w, gradient.Length);
        }
    }

    private static void StepParallel(float* g, AdamStep step, float* m, float* v, float* w, int count) =>
        Workers.Run((count + ChunkLength - 1) / ChunkLength, chunk =>
        {
            var at = chunk * ChunkLength;
            Step(g + at, step, m + at, v + at, w + at, Math.Min(ChunkLength, count - at));
        });

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Step(float* g, AdamStep step, float* m, float* v, float* w, int count)
    {
        V scale = S.Create(step.GradientScale), toMean = S.Create((float)(1 - step.Beta1)), keep = S.Create((float)step.Beta2), toSquare = S.Create((float)(1 - step.Beta2));
        V correction = S.Create((float)step.SquareCorrection), epsilon = S.Create((float)step.Epsilon), size = S.Create(-(float)step.StepSize);
        var i = 0;
        for (; i <= count - S.Width; i += S.Width)
            One(g + i, m + i, v + i, w + i);
        if (i == count)
            return;

        // The rest goes through a vector too, so that a weight's step does not depend on where it lies.
        float* rest = stackalloc float[4 * S.Width];
        new Span<float>(rest, 4 * S.Width).Clear();
        for (var j = i; j < count; j++)
            (rest[j - i], rest[S.Width + j - i], rest[2 * S.Width + j - i], rest[3 * S.Width + j - i]) = (g[j], m[j], v[j], w[j]);
        One(rest, rest + S.Width, rest + 2 * S.Width, rest + 3 * S.Width);
        for (var j = i; j < count; j++)
            (m[j], v[j], w[j]) = (rest[S.Width + j - i], rest[2 * S.Width + j - i], rest[3 * S.Width + j - i]);

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        void One(float* pg, float* pm, float* pv, float* pw)
        {
            var gradient = S.Multiply(S.Load(pg), scale);
            var mean = S.MultiplyAdd(S.Subtract(gradient, S.Load(pm)), toMean, S.Load(pm));
            var square = S.MultiplyAdd(S.Multiply(gradient, gradient), toSquare, S.Multiply(S.Load(pv), keep));
            S.Store(mean, pm);
            S.Store(square, pv);
            S.Store(S.MultiplyAdd(S.Divide(mean, S.Add(S.Divide(S.Sqrt(square), correction), epsilon)), size, S.Load(pw)), pw);
        }
    }
}
