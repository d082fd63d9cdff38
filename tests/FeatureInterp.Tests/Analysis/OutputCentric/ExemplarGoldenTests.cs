using System.Text.Json;
using FeatureInterp.Analysis;

namespace FeatureInterp.Tests;

/// <summary>Exported activations and their selection against the notebook's functions, when the goldens are there.</summary>
public class ExemplarGoldenTests
{
    private static readonly Lazy<JsonElement> Json = new(() => JsonDocument.Parse(File.ReadAllText(Path.Combine(OutputCentricGolden.Folder, "golden.json"))).RootElement);

    [Fact]
    public void Read_EveryFeature_IsSelectedAndWrittenAsTheNotebookDoes()
    {
        var golden = Json.Value.GetProperty("max_act");
        var folder = ActivationExport.Folder(Path.Combine(OutputCentricGolden.Folder, "neuronpedia_exports"), golden.GetProperty("model_id").GetString()!, golden.GetProperty("sae_id").GetString()!);
        var withRecords = 0;
        foreach (var entry in golden.GetProperty("features").EnumerateArray())
        {
            var records = ActivationExport.Read(folder, entry.GetProperty("feature").GetInt32());
            Assert.Equal(entry.GetProperty("activations_found").GetProperty("value").GetInt32(), records.Count);
            if (records.Count == 0)
                continue;
            withRecords++;
            var set = ExemplarSet.Strongest(records, scale: ExemplarScale.OfRecord);
            Assert.Equal(OutputCentricGolden.Ids(entry.GetProperty("selected")).Select(i => records[i]), set.Records);
            Assert.Equal(entry.GetProperty("normalized").EnumerateArray().Select(OutputCentricGolden.Ids), set.Normalized().Select(n => n.ToArray()));
            Assert.Equal(entry.GetProperty("non_zero_proportion").GetDouble(), set.NonZeroShare(), 1e-12);
            Assert.Equal(entry.GetProperty("records_text").GetString(), set.ToPrompt());
            Assert.Equal(entry.GetProperty("records_text_omit_zeros").GetString(), set.ToPrompt(omitZeros: true));
            foreach (var (record, windows) in set.Records.Zip(entry.GetProperty("windows").EnumerateArray()))
            {
                foreach (var (width, wanted) in ((int[])[2, 5]).Zip(windows.EnumerateArray()))
                {
                    Assert.Equal(wanted[0].GetString(), string.Join('|', record.Window(width)));
                    Assert.Equal(wanted[1].GetString(), record.WindowText(width, asNotebook: true));
                    Assert.Equal(wanted[0].GetString()!.Replace("|", "", StringComparison.Ordinal), record.WindowText(width));
                }
            }
        }

        Assert.Equal(4, withRecords);
    }

    [Fact]
    public void FeatureCount_EverySize_EqualsTheNotebook()
    {
        foreach (var entry in Json.Value.GetProperty("max_act").GetProperty("helpers").GetProperty("size_to_int").EnumerateArray())
        {
            var size = entry[0].GetString()!;
            if (entry[1].TryGetProperty("value", out var wanted))
                Assert.Equal(wanted.GetInt32(), FeatureSample.FeatureCount(size));
            else
                Assert.Contains($"'{size}'", Assert.Throws<AnalysisException>(() => FeatureSample.FeatureCount(size)).Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void Read_FileOfARange_TakesThePlaceThatTheNotebookTakes()
    {
        foreach (var entry in Json.Value.GetProperty("max_act").GetProperty("helpers").GetProperty("export_file_index").EnumerateArray().Where(e => e[2].TryGetProperty("value", out _)))
        {
            var folder = Directory.CreateTempSubdirectory("export-");
            try
            {
                var at = entry[2].GetProperty("value").GetInt32();
                var places = Enumerable.Range(0, 100).Select(i => $$"""{"activations": [{"tokens": ["{{i}}"], "values": [1], "maxValue": 1, "maxValueTokenIndex": 0}]}""");
                File.WriteAllText(Path.Combine(folder.FullName, entry[0].GetString()!), $"[{string.Join(',', places)}]");
                Assert.Equal([$"{at}"], Assert.Single(ActivationExport.Read(folder.FullName, entry[1].GetInt32())).Tokens);
            }
            finally
            {
                folder.Delete(recursive: true);
            }
        }
    }

    [Fact]
    public void PythonSample_Neurons_AreThoseOfTheNotebook()
    {
        var golden = Json.Value.GetProperty("sampling").GetProperty("neurons_python_random");
        int each = golden.GetProperty("per_layer").GetInt32(), width = golden.GetProperty("d_mlp").GetInt32();
        var sample = new PythonSample(golden.GetProperty("seed").GetUInt32());
        var chosen = golden.GetProperty("chosen").EnumerateArray().Select(c => (c[0].GetInt32(), c[1].GetInt32())).ToArray();
        Assert.Equal(chosen, Enumerable.Range(0, chosen.Length / each).SelectMany(layer => sample.Draw(width, each).Select(n => (layer, n))));
    }

    [Fact]
    public void Balanced_EveryCase_EqualsTheNotebook()
    {
        var golden = Json.Value.GetProperty("sampling");
        SampledFeature[] features = [.. golden.GetProperty("features").EnumerateArray().Select(f => new SampledFeature(f[0].GetString()!, f[1].GetString()!, f[2].GetString()!, f[3].GetInt32()))];
        string[] types = OutputCentricGolden.Texts(golden.GetProperty("types")), sizes = OutputCentricGolden.Texts(golden.GetProperty("sizes"));
        foreach (var c in golden.GetProperty("cases").EnumerateArray())
        {
            int n = c.GetProperty("n").GetInt32(), start = c.GetProperty("start_chunk").GetInt32();
            if (c.GetProperty("chosen_sorted").TryGetProperty("value", out var wanted))
                Assert.Equal(OutputCentricGolden.Ids(wanted), FeatureSample.Balanced(features, types, sizes, n, start).Order());
            else
                Assert.Throws<AnalysisException>(() => FeatureSample.Balanced(features, types, sizes, n, start));
        }
    }
}
