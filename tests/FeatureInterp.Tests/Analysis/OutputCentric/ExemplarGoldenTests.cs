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
        }

        Assert.Equal(4, withRecords);
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
