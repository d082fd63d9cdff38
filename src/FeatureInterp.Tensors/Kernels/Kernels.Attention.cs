using System.Runtime.Intrinsics;

namespace FeatureInterp.Tensors;

public static partial class Kernels
{
    private static readonly KernelOperation<AttentionPartKernel> AttentionScoresOperation = new("attention_scores", Reference.AttentionScores,
        AttentionSimd<Vector128<float>, Simd128>.Scores, AttentionSimd<Vector256<float>, Simd256>.Scores, AttentionSimd<Vector512<float>, Simd512>.Scores);
    private static readonly KernelOperation<AttentionPartKernel> AttentionMixOperation = new("attention_mix", Reference.AttentionMix,
        AttentionSimd<Vector128<float>, Simd128>.Mix, AttentionSimd<Vector256<float>, Simd256>.Mix, AttentionSimd<Vector512<float>, Simd512>.Mix);
    private static readonly KernelOperation<AttentionKernel> AttentionOperation = new("attention", Reference.Attention,
        AttentionSimd<Vector128<float>, Simd128>.Attention, AttentionSimd<Vector256<float>, Simd256>.Attention, AttentionSimd<Vector512<float>, Simd512>.Attention);

    /// <summary>
    /// <c>scores[h,i,j] = cap(Scale · Σ_d q[i,h,d] · k[j,h′,d])</c> with <c>cap(s) = SoftCap · tanh(s / SoftCap)</c> where a soft
    /// cap is set, and −∞ where key j lies after query i or outside its window.
    /// </summary>
    /// <param name="q">Queries, shape [Queries, Heads, HeadDim].</param>
    /// <param name="k">Keys, shape [Keys, KeyValueHeads, HeadDim].</param>
    /// <param name="shape">The sizes, scale, cap and window.</param>
    /// <param name="scores">Receives the scores, shape [Heads, Queries, Keys].</param>
    /// <exception cref="ArgumentException">Lengths do not fit the shape, or the shape is not one.</exception>
    public static void AttentionScores(ReadOnlySpan<float> q, ReadOnlySpan<float> k, AttentionShape shape, Span<float> scores)
    {
        AttentionShape.Check(shape);
        CheckLength(q.Length, shape.QueryLength);
        CheckLength(k.Length, shape.KeyLength);
        CheckLength(scores.Length, shape.ScoreLength);
        if (scores.Length > 0)
            AttentionScoresOperation.Active(q, k, shape, scores);
    }

    /// <summary><c>z[i,h,d] = Σ_j pattern[h,i,j] · v[j,h′,d]</c>. Values must be finite: whether one of weight zero takes part is
    /// not specified.</summary>
    /// <param name="pattern">Attention weights, shape [Heads, Queries, Keys].</param>
    /// <param name="v">Values, shape [Keys, KeyValueHeads, HeadDim].</param>
    /// <param name="shape">The sizes; scale, cap and window are not looked at.</param>
    /// <param name="z">Receives the mixture, shape [Queries, Heads, HeadDim].</param>
    /// <exception cref="ArgumentException">Lengths do not fit the shape, or the shape is not one.</exception>
    public static void AttentionMix(ReadOnlySpan<float> pattern, ReadOnlySpan<float> v, AttentionShape shape, Span<float> z)
    {
        AttentionShape.Check(shape);
        CheckLength(pattern.Length, shape.ScoreLength);
        CheckLength(v.Length, shape.KeyLength);
        CheckLength(z.Length, shape.QueryLength);
        if (z.Length > 0)
            AttentionMixOperation.Active(pattern, v, shape, z);
    }

    /// <summary>
    /// <see cref="AttentionScores"/>, <see cref="SoftmaxRows"/> and <see cref="AttentionMix"/> in one pass that never holds the
    /// [Heads, Queries, Keys] scores. The result is bit for bit that of the three, so that asking for the scores of a run does
    /// not change the run.
    /// </summary>
    /// <param name="q">Queries, shape [Queries, Heads, HeadDim].</param>
    /// <param name="k">Keys, shape [Keys, KeyValueHeads, HeadDim].</param>
    /// <param name="v">Values, shape [Keys, KeyValueHeads, HeadDim].</param>
    /// <param name="shape">The sizes, scale, cap and window.</param>
    /// <param name="z">Receives the mixture, shape [Queries, Heads, HeadDim]; must not overlap an input.</param>
    /// <exception cref="ArgumentException">Lengths do not fit the shape, or the shape is not one.</exception>
    public static void Attention(ReadOnlySpan<float> q, ReadOnlySpan<float> k, ReadOnlySpan<float> v, AttentionShape shape, Span<float> z)
    {
        AttentionShape.Check(shape);
        CheckLength(q.Length, shape.QueryLength);
        CheckLength(k.Length, shape.KeyLength);
        CheckLength(v.Length, shape.KeyLength);
        CheckLength(z.Length, shape.QueryLength);
        if (z.Length > 0)
            AttentionOperation.Active(q, k, v, shape, z);
    }
}
