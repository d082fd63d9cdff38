using FeatureInterp.Analysis;

namespace FeatureInterp.Tests;

/// <summary>Exported activations: reading, selection, and files that are damaged.</summary>
public sealed class ExemplarTests : IDisposable
{
    private const string Record = """{"tokens": ["a", " b", " c"], "values": [0, 2.5, -1], "maxValue": 2.5, "minValue": -1, "maxValueTokenIndex": 1, "lossValues": []}""";

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("export-");

    public void Dispose() => _folder.Delete(recursive: true);

    private IReadOnlyList<ActivationRecord> Read(string json, int feature = 10)
    {
        File.WriteAllText(Path.Combine(_folder.FullName, "10-12.json"), json);
        return ActivationExport.Read(_folder.FullName, feature);
    }

    [Fact]
    public void Read_File_HasTheRecordsOfTheFeature()
    {
        var json = $$"""[{"index": 10, "activations": []}, {"index": "11", "activations": [{{Record}}]}]""";
        Assert.Empty(Read(json));
        var record = Assert.Single(Read(json, 11));
        Assert.Equal(new ActivationRecord(["a", " b", " c"], [0, 2.5f, -1], 2.5f, 1), record);
        Assert.Equal(["a", " b", " c"], record.Window(2));
        Assert.Equal(["a", " b"], record.Window(1));
        Assert.Empty(Read(json, 12));
        Assert.Empty(Read(json, 9));
    }

    [Theory]
    [InlineData("{", "cannot be read")]
    [InlineData("{}", "no list")]
    [InlineData("[]", "no list")]
    [InlineData("[5]", "cannot be read")]
    [InlineData("""[{"index": 11, "activations": []}]""", "is feature 11, not 10")]
    [InlineData("""[{"index": 10}]""", "cannot be read")]
    [InlineData("""[{"index": 10, "activations": [{"tokens": ["a"], "values": [1, 2], "maxValue": 2, "maxValueTokenIndex": 0}]}]""", "1 tokens and 2 values")]
    [InlineData("""[{"index": 10, "activations": [{"tokens": ["a"], "values": [1], "maxValue": 1, "maxValueTokenIndex": 1}]}]""", "at token 1 of 1")]
    [InlineData("""[{"index": 10, "activations": [{"tokens": ["a"], "values": [1e99], "maxValue": 1, "maxValueTokenIndex": 0}]}]""", "not finite")]
    [InlineData("""[{"index": 10, "activations": [{"tokens": ["a"], "values": ["x"], "maxValue": 1, "maxValueTokenIndex": 0}]}]""", "cannot be read")]
    public void Read_DamagedFile_SaysWhat(string json, string part) =>
        Assert.Contains(part, Assert.Throws<AnalysisException>(() => Read(json)).Message, StringComparison.Ordinal);

    [Fact]
    public void Folder_BadNames_AreRefused()
    {
        Assert.Equal(Path.Combine("r", "m-set-16k", "3-set-16k"), ActivationExport.Folder("r", "m", "3-set-16k"));
        foreach (var (model, sae) in ((string, string)[])[("m", "set"), ("m", "-set"), ("m", "3-"), ("", "3-set"), ("../m", "3-set"), ("m", "3-a/b")])
            Assert.Throws<AnalysisException>(() => ActivationExport.Folder("r", model, sae));
        Assert.Contains("no export", Assert.Throws<AnalysisException>(() => ActivationExport.Read(Path.Combine(_folder.FullName, "not there"), 0)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Strongest_DistinctByValue_OnTheScaleOfTheSetOrOfEachRecord()
    {
        ActivationRecord weak = new(["x", "y"], [1, 0], 1, 0), strong = new(["z"], [10], 10, 0), again = new(["x", "y"], [1, 0], 1, 0), silent = new(["q"], [0], 0, 0);
        var set = ExemplarSet.Strongest([weak, strong, again, silent], 3);
        Assert.Equal([strong, weak, silent], set.Records);
        Assert.Equal([[10], [1, 0], [0]], set.Normalized().Select(n => n.ToArray()));
        Assert.Equal([[10], [10, 0], [0]], (set with { Scale = ExemplarScale.OfRecord }).Normalized().Select(n => n.ToArray()));
        Assert.Equal(0.5, set.NonZeroShare());
        Assert.Equal("\n<start>\nz\t10\n<end>\n<start>\nx\t1\n<end>\n<start>\n\n<end>\n", set.ToPrompt(omitZeros: true));
        Assert.Contains("10.00", set.ToString(), StringComparison.Ordinal);
        Assert.Throws<AnalysisException>(() => ExemplarSet.Strongest([]));
        Assert.Throws<AnalysisException>(() => ExemplarSet.Strongest([weak], 0));
    }

    [Fact]
    public void Of_PassOverACorpus_TakesItsExamples()
    {
        var top = TopActivations.Run(EmbeddedPair.Model, EmbeddedPair.Sae, "He cried: COME BACK! STOP! And they went home again.", new() { Features = [754], Examples = 3, Before = 4, After = 2 });
        var set = ExemplarSet.Of(top[754], 2);
        Assert.Equal(top[754].Examples.Take(2).Select(e => e.Value), set.Records.Select(r => r.Max));
        Assert.All(set.Records, r => Assert.Equal(r.Max, r.Values[r.MaxPosition]));
    }

    [Fact]
    public void Draw_Seeded_IsEvenAndRepeatable()
    {
        Assert.Equal(FeatureSample.Draw(1000, 40, 5), FeatureSample.Draw(1000, 40, 5));
        Assert.NotEqual(FeatureSample.Draw(1000, 40, 5), FeatureSample.Draw(1000, 40, 6));
        Assert.Equal(Enumerable.Range(0, 7), FeatureSample.Draw(7, 7, 1));
        var counts = new int[6];
        for (var seed = 0; seed < 6000; seed++)
        {
            foreach (var f in FeatureSample.Draw(6, 2, seed))
                counts[f]++;
        }

        // 2,000 each, with a standard deviation of 37.
        Assert.All(counts, c => Assert.InRange(c, 1800, 2200));
        Assert.Throws<AnalysisException>(() => FeatureSample.Draw(5, 6, 1));
        Assert.Throws<AnalysisException>(() => FeatureSample.Draw(5, 0, 1));
    }

    // Python 3: random.seed(5), then six samples from one generator; random.seed(0) and random.seed(2**32 - 1), one each.
    [Fact]
    public void PythonSample_DrawsWhatPythonDraws()
    {
        var sample = new PythonSample(5);
        Assert.Equal([9, 4, 5, 6], sample.Draw(10, 4));
        Assert.Equal([707, 965, 861, 757, 667, 944, 542], sample.Draw(1000, 7));
        Assert.Equal([3, 59, 31, 83, 6, 20, 14, 47, 60, 97, 48, 69, 13, 73, 90, 1, 27, 52, 35, 23, 49, 94, 9, 17, 56, 16, 74, 0, 72, 26], sample.Draw(100, 30));
        Assert.Equal([27, 21, 83, 37, 40, 25], sample.Draw(85, 6));
        Assert.Equal([69, 80, 26, 23, 25, 49], sample.Draw(86, 6));
        Assert.Equal([0], sample.Draw(1, 1));
        Assert.Equal([1577, 1722, 165], new PythonSample(0).Draw(3000, 3));
        Assert.Equal([426141, 451607, 610974], new PythonSample(uint.MaxValue).Draw(1 << 20, 3));
        Assert.Contains("6 of 5", Assert.Throws<AnalysisException>(() => sample.Draw(5, 6)).Message, StringComparison.Ordinal);
        Assert.Throws<AnalysisException>(() => sample.Draw(5, 0));
    }

    [Theory, InlineData("16k", 16384), InlineData("131k", 131072), InlineData("24k", 32768), InlineData("1048576k", 1 << 30)]
    public void FeatureCount_Size_IsTheNearestPowerOfTwo(string size, int wanted) => Assert.Equal(wanted, FeatureSample.FeatureCount(size));

    [Theory, InlineData(""), InlineData("k"), InlineData("5"), InlineData("-1k"), InlineData("0k"), InlineData("1.5k"), InlineData("1048577k"), InlineData("16K")]
    public void FeatureCount_OtherText_IsRefused(string size) => Assert.Throws<AnalysisException>(() => FeatureSample.FeatureCount(size));

    [Fact]
    public void WindowText_BeforeTheTextBegins_IsCutOrSlicedAsPythonDoes()
    {
        ActivationRecord record = new(["a", "b", "c", "d"], [0, 1, 0, 0], 1, 1);
        Assert.Equal("abc", record.WindowText(2));
        Assert.Equal("", record.WindowText(2, asNotebook: true));       // [-1:3]
        Assert.Equal("abcd", record.WindowText(5, asNotebook: true));   // [-4:6]
        Assert.Equal("ab", record.WindowText(1, asNotebook: true));
        Assert.Throws<AnalysisException>(() => record.WindowText(0));
    }

    [Fact]
    public void Balanced_PairsShareEqually()
    {
        SampledFeature[] features = [new("res", "16k", "0", 1), new("mlp", "16k", "0", 2), new("res", "16k", "1", 3), new("mlp", "16k", "2", 4), new("res", "65k", "2", 5)];
        Assert.Equal([0, 2, 1, 3], FeatureSample.Balanced(features, ["res", "mlp"], ["16k"], 4));
        Assert.Equal([2, 3], FeatureSample.Balanced(features, ["res", "mlp"], ["16k"], 2, start: 1));
        Assert.Contains("multiple of 2", Assert.Throws<AnalysisException>(() => FeatureSample.Balanced(features, ["res", "mlp"], ["16k"], 3)).Message, StringComparison.Ordinal);
        Assert.Contains("only 2 of the 3", Assert.Throws<AnalysisException>(() => FeatureSample.Balanced(features, ["res", "mlp"], ["16k"], 6)).Message, StringComparison.Ordinal);
        Assert.Contains("multiple of 0", Assert.Throws<AnalysisException>(() => FeatureSample.Balanced(features, [], ["16k"], 6)).Message, StringComparison.Ordinal);
    }
}
