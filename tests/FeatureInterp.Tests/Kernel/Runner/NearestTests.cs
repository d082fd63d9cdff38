using FeatureInterp.Kernel.Runner;

namespace FeatureInterp.Tests.Kernel.Runner;

public class NearestTests
{
    [Theory]
    [InlineData("sed", "seed")]
    [InlineData("SEED", "seed")]
    [InlineData("strenght", "strength")]
    [InlineData("zzz", "top")]
    public void Of_MistypedName_IsTheFewestEditsAway(string name, string nearest) =>
        Assert.Equal(nearest, Nearest.Of(name, ["strength", "seed", "top"]));
}
