using FeatureInterp.Tensors;

namespace FeatureInterp.Tests.Tensors;

public class TopKTests
{
    public static TheoryData<string> TopK => KernelCases.Of("top_k");

    [Theory, MemberData(nameof(TopK))]
    public void TopK_AnyLengthAndCount_MatchesTwin(string variant)
    {
        foreach (var length in KernelCases.Lengths.Append(5000))
        {
            var values = KernelCases.Floats(length, seed: length);
            foreach (var k in new[] { 1, 2, 5, 33, length / 2, length }.Where(k => k > 0 && k <= length))
                AssertMatchesTwin(variant, values, k);
        }
    }

    [Theory, MemberData(nameof(TopK))]
    public void TopK_TiesNaNAndInfinities_MatchesTwin(string variant)
    {
        float[] few = [1, 0, -0f, float.NaN, float.NegativeInfinity, 2, float.PositiveInfinity];
        var random = new Random(5);
        for (var round = 0; round < 50; round++)
        {
            var values = new float[100];
            foreach (ref var value in values.AsSpan())
                value = few[random.Next(round % 2 == 0 ? few.Length : 4)];
            foreach (var k in new[] { 1, 10, 60, 100 })
                AssertMatchesTwin(variant, values, k);
        }
    }

    [Fact]
    public void TopK_Twin_SortsDescendingWithTiesInOrder()
    {
        var (indices, values) = (new int[5], new float[5]);
        KernelCases.Twin<TopKKernel>("top_k")([1, float.NaN, 3, 1, 3], indices, values);
        Assert.Equal([2, 4, 0, 3, 1], indices);
        Assert.Equal([3, 3, 1, 1, float.NaN], values);
    }

    private static void AssertMatchesTwin(string variant, float[] x, int k)
    {
        var guarded = new Guarded(x);
        var (wanted, wantedValues) = (new int[k], new float[k]);
        var (found, foundValues) = (new int[k], new Guarded(k));
        KernelCases.Twin<TopKKernel>("top_k")(x, wanted, wantedValues);
        KernelCases.Get<TopKKernel>("top_k", variant)(guarded.Span, found, foundValues.Span);
        foundValues.Check();
        Assert.Equal(wanted, found);
        KernelCases.AssertSameBits(wantedValues, foundValues.Span, $"{k} of {x.Length}");
    }
}
