using FeatureInterp.Tensors;

namespace FeatureInterp.Tests.Tensors;

[Collection("workers")]
public class AttentionTests
{
    private static readonly AttentionShape[] Shapes =
    [
        new(1, 1, 1, 1, 1, 1), new(1, 37, 4, 2, 64, 0.125f), new(1, 90, 4, 1, 20, 0.2f, SoftCap: 3, Window: 40),
        new(5, 5, 2, 1, 8, 0.4f), new(7, 31, 3, 3, 17, 0.3f, SoftCap: 5), new(13, 64, 4, 2, 33, 0.2f, Window: 1),
        new(100, 100, 4, 2, 16, 0.25f, SoftCap: 50, Window: 32), new(97, 230, 2, 2, 40, 0.15f, Window: 70), new(200, 200, 2, 1, 64, 0.125f),
    ];

    public static TheoryData<string> Scores => KernelCases.Of("attention_scores");

    public static TheoryData<string> Mix => KernelCases.Of("attention_mix");

    public static TheoryData<string> Attention => KernelCases.Of("attention");

    [Theory, MemberData(nameof(Scores))]
    public void AttentionScores_AnyShape_MatchesTwin(string variant)
    {
        foreach (var shape in Shapes)
        {
            var (q, k, _) = Inputs(shape);
            var wanted = new float[shape.ScoreLength];
            KernelCases.Twin<AttentionPartKernel>("attention_scores")(q.Span, k.Span, shape, wanted);
            var found = new Guarded(wanted.Length);
            KernelCases.Get<AttentionPartKernel>("attention_scores", variant)(q.Span, k.Span, shape, found.Span);
            found.Check();
            KernelCases.AssertClose(wanted, found.Span, 1e-6, 2e-6, shape.ToString());
        }
    }

    [Theory, MemberData(nameof(Mix))]
    public void AttentionMix_CausalAndEditedPatterns_MatchesTwin(string variant)
    {
        foreach (var shape in Shapes)
        {
            var (_, _, v) = Inputs(shape);
            foreach (var causal in new[] { true, false })
            {
                var pattern = new Guarded(KernelCases.Floats(shape.ScoreLength, seed: 9));
                for (var i = 0; i < pattern.Length && causal; i++)
                {
                    if (i % shape.Keys >= shape.EndKey(i / shape.Keys % shape.Queries))
                        pattern.Span[i] = 0;
                }

                var wanted = new float[shape.QueryLength];
                KernelCases.Twin<AttentionPartKernel>("attention_mix")(pattern.Span, v.Span, shape, wanted);
                var found = new Guarded(wanted.Length);
                KernelCases.Get<AttentionPartKernel>("attention_mix", variant)(pattern.Span, v.Span, shape, found.Span);
                found.Check();
                KernelCases.AssertClose(wanted, found.Span, 0, 1e-6 * (shape.Keys + 4), shape.ToString());
            }
        }
    }

    [Theory, MemberData(nameof(Mix))]
    public void AttentionMix_PatternOfZeros_GivesZeros(string variant)
    {
        var shape = Shapes[4];
        var z = new Guarded(KernelCases.Floats(shape.QueryLength, seed: 1));
        KernelCases.Get<AttentionPartKernel>("attention_mix", variant)(new float[shape.ScoreLength], Inputs(shape).V.Span, shape, z.Span);
        Assert.All(z.Span.ToArray(), value => Assert.Equal(0, value));
    }

    [Theory, MemberData(nameof(Attention))]
    public void Attention_AnyShape_MatchesTwin(string variant)
    {
        foreach (var shape in Shapes)
        {
            var (q, k, v) = Inputs(shape);
            var wanted = new float[shape.QueryLength];
            KernelCases.Twin<AttentionKernel>("attention")(q.Span, k.Span, v.Span, shape, wanted);
            var found = new Guarded(wanted.Length);
            KernelCases.Get<AttentionKernel>("attention", variant)(q.Span, k.Span, v.Span, shape, found.Span);
            found.Check();
            KernelCases.AssertClose(wanted, found.Span, 0, 4e-6, shape.ToString());
        }
    }

    [Theory, MemberData(nameof(Attention))]
    public void Attention_Fused_IsBitForBitItsThreeParts(string variant)
    {
        foreach (var shape in Shapes)
        {
            foreach (var threads in new[] { 1, 2 })
            {
                using var _ = new WorkerCount(threads);
                var (q, k, v) = Inputs(shape);
                var fused = new float[shape.QueryLength];
                KernelCases.Get<AttentionKernel>("attention", variant)(q.Span, k.Span, v.Span, shape, fused);

                float[] scores = new float[shape.ScoreLength], parts = new float[shape.QueryLength];
                KernelCases.Get<AttentionPartKernel>("attention_scores", variant)(q.Span, k.Span, shape, scores);
                KernelCases.Get<SoftmaxRowsKernel>("softmax_rows", variant)(scores, shape.Keys);
                KernelCases.Get<AttentionPartKernel>("attention_mix", variant)(scores, v.Span, shape, parts);
                KernelCases.AssertSameBits(parts, fused, shape.ToString());
            }
        }
    }

    [Theory, MemberData(nameof(Attention))]
    public void Attention_LongWindowedPrompt_IsBitForBitItsThreeParts(string variant)
    {
        if (variant == "reference")
            return; // one and the same code, and slow

        // Longer than a piece of the softmax's sum, so that the cut lies inside the window.
        var shape = new AttentionShape(3, 4500, 1, 1, 8, 0.3f, Window: 700);
        var (q, k, v) = Inputs(shape);
        float[] fused = new float[shape.QueryLength], scores = new float[shape.ScoreLength], parts = new float[shape.QueryLength];
        KernelCases.Get<AttentionKernel>("attention", variant)(q.Span, k.Span, v.Span, shape, fused);
        KernelCases.Get<AttentionPartKernel>("attention_scores", variant)(q.Span, k.Span, shape, scores);
        KernelCases.Get<SoftmaxRowsKernel>("softmax_rows", variant)(scores, shape.Keys);
        KernelCases.Get<AttentionPartKernel>("attention_mix", variant)(scores, v.Span, shape, parts);
        KernelCases.AssertSameBits(parts, fused, shape.ToString());
    }

    // More keys and values than are packed at once, so that the heads come in turn.
    [Theory, MemberData(nameof(Attention))]
    public void Attention_ManyKeys_IsBitForBitItsThreeParts(string variant)
    {
        if (variant == "reference")
            return; // one and the same code, and slow

        var shape = new AttentionShape(3, 4100, 6, 3, 250, 0.06f);
        var (q, k, v) = Inputs(shape);
        float[] fused = new float[shape.QueryLength], scores = new float[shape.ScoreLength], parts = new float[shape.QueryLength];
        KernelCases.Get<AttentionKernel>("attention", variant)(q.Span, k.Span, v.Span, shape, fused);
        KernelCases.Get<AttentionPartKernel>("attention_scores", variant)(q.Span, k.Span, shape, scores);
        KernelCases.Get<SoftmaxRowsKernel>("softmax_rows", variant)(scores, shape.Keys);
        KernelCases.Get<AttentionPartKernel>("attention_mix", variant)(scores, v.Span, shape, parts);
        KernelCases.AssertSameBits(parts, fused, shape.ToString());
    }

    [Theory, MemberData(nameof(Attention))]
    public void Attention_LastQueriesOfAPrompt_AreThoseOfTheWholePrompt(string variant)
    {
        var whole = new AttentionShape(150, 150, 4, 2, 24, 0.2f, SoftCap: 20, Window: 60);
        var (q, k, v) = Inputs(whole);
        var kernel = KernelCases.Get<AttentionKernel>("attention", variant);
        var wanted = new float[whole.QueryLength];
        kernel(q.Span, k.Span, v.Span, whole, wanted);
        foreach (var queries in new[] { 2, 11, 97 })
        {
            var part = whole with { Queries = queries };
            var found = new float[part.QueryLength];
            kernel(q.Span[^part.QueryLength..], k.Span, v.Span, part, found);
            KernelCases.AssertSameBits(wanted.AsSpan(wanted.Length - found.Length), found, $"last {queries}");
        }
    }

    private static (Guarded Q, Guarded K, Guarded V) Inputs(AttentionShape shape) =>
        (new(KernelCases.Floats(shape.QueryLength, seed: 1, scale: 2)), new(KernelCases.Floats(shape.KeyLength, seed: 2)), new(KernelCases.Floats(shape.KeyLength, seed: 3)));
}
