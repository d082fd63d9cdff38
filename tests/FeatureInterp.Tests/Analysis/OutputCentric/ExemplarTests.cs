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
