using FeatureInterp.Tensors;

namespace FeatureInterp.Tests;

public class NearestNameTests
{
    [Theory]
    [InlineData("sed", "seed")]
    [InlineData("SEED", "seed")]
    [InlineData("strenght", "strength")]
    [InlineData("zzz", "top")]
    public void Of_MistypedName_IsTheFewestEditsAway(string name, string nearest) =>
        Assert.Equal(nearest, NearestName.Of(name, ["strength", "seed", "top"]));

    [Fact]
    public void Of_NoCandidates_IsNull() => Assert.Null(NearestName.Of("seed", []));
}
