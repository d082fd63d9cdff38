using FeatureInterp.Tensors;

namespace FeatureInterp.Tests.Tensors;

/// <summary>The variants this processor can run, and numbers to run them on.</summary>
internal static class KernelCases
{
    /// <summary>Every vector width up to the widest, plus and minus one, and unrolled loops.</summary>
    public static readonly int[] Lengths = [.. Enumerable.Range(0, 70), 95, 96, 97, 127, 128, 129, 255, 256, 257];

    public static TheoryData<string> Of(string operation) =>
        new(KernelRegistry.Variants.Where(v => v.Operation == operation && v.IsSupported).Select(v => v.Name));

    public static bool IsSupported(string variant) => KernelRegistry.Variants.Any(v => v.Name == variant && v.IsSupported);

    public static T Get<T>(string operation, string variant)
        where T : Delegate =>
        (T)KernelRegistry.Variants.Single(v => v.Operation == operation && v.Name == variant).Implementation;

    public static T Twin<T>(string operation)
        where T : Delegate => Get<T>(operation, "reference");

    public static float[] Floats(int count, int seed, float scale = 1)
    {
        var random = new Random(seed);
        var values = new float[count];
        for (var i = 0; i < count; i++)
            values[i] = (2 * random.NextSingle() - 1) * scale;
        return values;
    }

    /// <summary>|found − wanted| ≤ absolute + relative·|wanted|, NaN and infinities alike.</summary>
    public static void AssertClose(ReadOnlySpan<float> wanted, ReadOnlySpan<float> found, double relative, double absolute, string what)
    {
        Assert.Equal(wanted.Length, found.Length);
        for (var i = 0; i < wanted.Length; i++)
        {
            if (wanted[i].Equals(found[i]))
                continue;
            var error = Math.Abs((double)wanted[i] - found[i]);
            if (!(error <= absolute + relative * Math.Abs(wanted[i])))
                Assert.Fail($"{what}: element {i} of {wanted.Length} is {found[i]:R}, the twin says {wanted[i]:R}");
        }
    }

    public static void AssertSameBits(ReadOnlySpan<float> wanted, ReadOnlySpan<float> found, string what)
    {
        Assert.Equal(wanted.Length, found.Length);
        for (var i = 0; i < wanted.Length; i++)
        {
            if (BitConverter.SingleToUInt32Bits(wanted[i]) != BitConverter.SingleToUInt32Bits(found[i]))
                Assert.Fail($"{what}: element {i} of {wanted.Length} is {found[i]:R}, not exactly {wanted[i]:R}");
        }
    }
}
