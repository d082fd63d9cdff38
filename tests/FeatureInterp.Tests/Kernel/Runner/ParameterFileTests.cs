using FeatureInterp.Kernel.Notebooks;
using FeatureInterp.Kernel.Runner;

namespace FeatureInterp.Tests.Kernel.Runner;

public sealed class ParameterFileTests : IDisposable
{
    private readonly string _path = Path.GetTempFileName();

    public void Dispose() => File.Delete(_path);

    [Theory]
    [InlineData("seed: 7\nname: \"a b\"\nweights: [1.5, 2]\nwords:\n- x\n- \"1\"\nnone: ~\n")]
    [InlineData("{\"seed\": 7, \"name\": \"a b\", \"weights\": [1.5, 2], \"words\": [\"x\", \"1\"], \"none\": null}")]
    public void Read_YamlOrJson_GivesWhatSetTakes(string text)
    {
        File.WriteAllText(_path, text);
        Assert.Equal(
            [("name", "a b"), ("none", "null"), ("seed", "7"), ("weights", "[1.5, 2]"), ("words", "[\"x\", \"1\"]")], ParameterFile.Read(_path).Select(p => (p.Key, p.Value)));
    }

    [Theory]
    [InlineData("")]
    [InlineData("- 1\n- 2\n")]
    [InlineData("a: {b: 1}\n")]
    [InlineData("a: [")]
    [InlineData("a: 1\na: 2\n")]
    public void Read_AnythingElse_SaysWhichFile(string text)
    {
        File.WriteAllText(_path, text);
        Assert.StartsWith($"--parameters {_path}", Assert.Throws<NotebookException>(() => ParameterFile.Read(_path)).Message);
    }
}
