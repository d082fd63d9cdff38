using System.Collections.Immutable;
using FeatureInterp.Kernel.Notebooks;
using FeatureInterp.Kernel.Runner;
using FeatureInterp.Tests.Kernel.Notebooks;

namespace FeatureInterp.Tests.Kernel.Runner;

public class ParametersTests
{
    private const string Dib =
        """
        #!csharp
        enum Way { Up, Down }
        #!csharp
        // Parameters
        int seed = 1; double strength = 1.5; var name = "x"; bool on = false; Way way = Way.Up; DayOfWeek day = DayOfWeek.Monday;
        float[] strengths = { 1f }; int? top = 5; long big = 1; char letter = 'a'; const int fixedOne = 1;
        #!csharp
        (seed, strength, name, on, way, day, strengths.Sum(), top, big, letter)
        """;

    [Theory]
    [InlineData("seed=7", "(7, 1.5, \"x\", false, Up, Monday, 1, 5, 1, a)")]
    [InlineData("seed=-7", "(-7, 1.5, \"x\", false, Up, Monday, 1, 5, 1, a)")]
    [InlineData("strength=2e-1", "(1, 0.2, \"x\", false, Up, Monday, 1, 5, 1, a)")]
    [InlineData("strength=3", "(1, 3, \"x\", false, Up, Monday, 1, 5, 1, a)")]
    [InlineData("strength=NaN", "(1, NaN, \"x\", false, Up, Monday, 1, 5, 1, a)")]
    [InlineData("name=a \"b\"\\c = d", "(1, 1.5, \"a \"b\"\\c = d\", false, Up, Monday, 1, 5, 1, a)")]
    [InlineData("name=", "(1, 1.5, \"\", false, Up, Monday, 1, 5, 1, a)")]
    [InlineData("on=True", "(1, 1.5, \"x\", true, Up, Monday, 1, 5, 1, a)")]
    [InlineData("way=down", "(1, 1.5, \"x\", false, Down, Monday, 1, 5, 1, a)")]
    [InlineData("day=Friday", "(1, 1.5, \"x\", false, Up, Friday, 1, 5, 1, a)")]
    [InlineData("strengths=[1, 2.5f]", "(1, 1.5, \"x\", false, Up, Monday, 3.5, 5, 1, a)")]
    [InlineData("top=null", "(1, 1.5, \"x\", false, Up, Monday, 1, null, 1, a)")]
    [InlineData("top=9", "(1, 1.5, \"x\", false, Up, Monday, 1, 9, 1, a)")]
    [InlineData("big=9000000000", "(1, 1.5, \"x\", false, Up, Monday, 1, 5, 9000000000, a)")]
    [InlineData("letter='", "(1, 1.5, \"x\", false, Up, Monday, 1, 5, 1, ')")]
    public async Task Set_Value_ReachesLaterCells(string setting, string seen)
    {
        var run = await RunAsync(setting);
        Assert.Equal(RunStatus.Completed, run.Status);
        Assert.Equal("result " + seen, RunnerTests.Text(run.Notebook.Cells[^1].Outputs.Single()));
    }

    [Fact]
    public async Task Set_Several_AreInjectedInOneTaggedCellAfterTheParameters()
    {
        var run = await RunAsync("seed=7", "name=y");
        Assert.Equal(4, run.Notebook.Cells.Length);
        Assert.Equal([Cell.InjectedTag], run.Notebook.Cells[2].Tags);
        Assert.Equal("// set from the command line\nname = \"y\";\nseed = 7;", run.Notebook.Cells[2].Source);
        var twin = NbformatRules.AssertValid(IpynbFile.Write(run.Notebook));
        Assert.Equal(["parameters", "injected-parameters"], twin["cells"]!.AsArray().Select(c => (string?)c!["metadata"]!["tags"]?[0]).OfType<string>());
    }

    [Fact]
    public async Task Set_UnknownName_NamesTheNearestAndListsAllBeforeRunning()
    {
        var error = await Assert.ThrowsAsync<NotebookException>(() => RunAsync("sed=7"));
        Assert.Contains("did you mean seed?", error.Message);
        Assert.Contains("seed, strength, name", error.Message);
    }

    [Fact]
    public async Task Set_WithoutAParametersCell_SaysHowToMakeOne()
    {
        var error = await Assert.ThrowsAsync<NotebookException>(() => RunAsync("#!csharp\nvar seed = 1;", "seed=7"));
        Assert.Contains("// parameters", error.Message);
    }

    [Theory]
    [InlineData("seed=1.5", "a whole number that fits Int32")]
    [InlineData("seed=9000000000", "a whole number that fits Int32")]
    [InlineData("seed=", "a whole number")]
    [InlineData("strength=1,5", "a number")]
    [InlineData("on=yes", "true or false")]
    [InlineData("way=Sideways", "one of Up, Down")]
    [InlineData("letter=ab", "one character")]
    [InlineData("fixedOne=2", "constant")]
    [InlineData("strengths=oops(", "CS")]
    public async Task Set_ValueThatDoesNotFit_FailsSayingWhatIsWanted(string setting, string wanted)
    {
        var run = await RunAsync(setting);
        Assert.Equal(RunStatus.Failed, run.Status);
        var injected = run.Notebook.Cells[2];
        Assert.Equal([Cell.InjectedTag], injected.Tags);
        Assert.Contains(wanted, Assert.IsType<ErrorOutput>(injected.Outputs.Single()).Message);
        Assert.Empty(run.Notebook.Cells[3].Outputs);
    }

    [Theory]
    [InlineData("// parameters\nvar a = 1;", true)]
    [InlineData("//parameters", true)]
    [InlineData("  // PARAMETERS  \r", true)]
    [InlineData("// parameters of the run\nvar a = 1;", false)]
    [InlineData("var a = 1; // parameters", false)]
    [InlineData("", false)]
    public void IsParameters_FirstLine_Decides(string source, bool expected)
    {
        Assert.Equal(expected, new Cell("csharp", source).IsParameters);
        Assert.False(new Cell("markdown", source).IsParameters);
        Assert.True(new Cell("csharp", source) { Tags = ["parameters"] }.IsParameters);
    }

    private static Task<RunResult> RunAsync(params string[] settings) =>
        settings[0].StartsWith("#!", StringComparison.Ordinal) ? RunAsync(settings[0], settings[1..]) : RunAsync(Dib, settings);

    private static Task<RunResult> RunAsync(string dib, string[] settings)
    {
        var options = new RunOptions
        {
            BaseDirectory = ".",
            Parameters = settings.ToImmutableSortedDictionary(s => s.Split('=')[0], s => s[(s.IndexOf('=', StringComparison.Ordinal) + 1)..], StringComparer.Ordinal),
        };
        return NotebookRunner.RunAsync(DibFile.Parse(dib), options, [], default);
    }
}
