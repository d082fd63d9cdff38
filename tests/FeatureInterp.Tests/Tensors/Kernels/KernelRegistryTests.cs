using FeatureInterp.Tensors;

namespace FeatureInterp.Tests.Tensors;

public class KernelRegistryTests
{
    [Fact]
    public void Variants_EveryOperation_HasATwinAndThreeWidths()
    {
        foreach (var operation in KernelRegistry.Variants.GroupBy(v => v.Operation))
            Assert.Equal(["reference", "vector128", "vector256", "vector512"], operation.Select(v => v.Name));
        Assert.Equal(39, KernelRegistry.Variants.Select(v => v.Operation).Distinct().Count());
    }

    [Fact]
    public void Active_ByDefault_IsTheWidestSupported()
    {
        Assert.SkipUnless(string.IsNullOrEmpty(Environment.GetEnvironmentVariable(KernelRegistry.EnvironmentVariable)), "a variant is forced");
        Assert.Equal(KernelRegistry.Variants.Last(v => v is { Operation: "linear", IsSupported: true }), KernelRegistry.Active("linear"));
    }

    [Fact]
    public void Active_UnknownOperation_NamesTheOperations()
    {
        var found = Assert.Throws<ArgumentException>(() => KernelRegistry.Active("liner"));
        Assert.Contains("'liner'", found.Message, StringComparison.Ordinal);
        Assert.Contains("linear", found.Message, StringComparison.Ordinal);
    }

    [Theory, InlineData("reference"), InlineData("Reference"), InlineData("vector128")]
    public void Choose_KnownName_IsThatVariant(string name) =>
        Assert.Equal(name, KernelRegistry.Choose(Some, name).Name, ignoreCase: true);

    [Theory, InlineData("avx"), InlineData("vector256")]
    public void Choose_UnknownOrUnsupportedName_NamesTheUsableOnes(string name)
    {
        var found = Assert.Throws<ArgumentException>(() => KernelRegistry.Choose(Some, name));
        Assert.Contains("FEATUREINTERP_KERNELS is '" + name, found.Message, StringComparison.Ordinal);
        Assert.Contains("reference, vector128", found.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("vector128, vector256", found.Message, StringComparison.Ordinal);
    }

    private static KernelVariant[] Some =>
    [
        new("op", "reference", true, () => { }), new("op", "vector128", true, () => { }), new("op", "vector256", false, () => { }),
    ];
}
