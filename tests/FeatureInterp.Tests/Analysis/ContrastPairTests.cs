using System.Xml.Linq;
using FeatureInterp.Analysis;
using FeatureInterp.Display;
using FeatureInterp.Models;
using FeatureInterp.Saes;

namespace FeatureInterp.Tests;

/// <summary>Contrast pairs on the embedded pair, against TransformerLens and SAELens.</summary>
public class ContrastPairTests
{
    private static readonly Golden Golden = EmbeddedPair.Golden;
    private static readonly Transformer Model = EmbeddedPair.Model;
    private static readonly SparseAutoencoder Sae = EmbeddedPair.Sae;

    public static TheoryData<int> Pairs() => [.. Enumerable.Range(0, Golden.Json.GetProperty("contrast").GetArrayLength())];

    [Theory, MemberData(nameof(Pairs))]
    public void Run_PublishedPair_EqualsTheGolden(int pair)
    {
        var golden = Golden.Json.GetProperty("contrast")[pair];
        var result = Contrast(golden.GetProperty("first").GetString()!, golden.GetProperty("second").GetString()!);
        AssertDifferences(golden.GetProperty("difference_second_minus_first"), result);
        Assert.Equal(golden.GetProperty("tokens").EnumerateArray().Select(t => t.GetInt32()), [result.First.Tokens.Count, result.Second.Tokens.Count]);
    }

    [Fact]
    public void Run_RightPadded_ReadsThePaddingAsTransformerLensDoes()
    {
        var result = Contrast("e9afcf9a", "c9e6f938", ContrastPosition.RightPaddedMinusOne);
        AssertDifferences(Golden.Json.GetProperty("contrast")[0].GetProperty("right_padded_position_minus_1"), result);
        Assert.Equal("<pad>", result.First.Token);
        Assert.Equal(result.Second.Tokens.Count, result.First.Tokens.Count);
    }

    [Fact]
    public void Run_LastToken_NamesTheTokensCompared()
    {
        var result = Contrast("e9afcf9a", "c9e6f938");
        Assert.Equal((" ", 296), (result.First.Token, result.First.Position));
        Assert.Equal((" ", 424), (result.Second.Token, result.Second.Position));
        Assert.Equal(1862, result.First.Top[0].Feature);
        Assert.Equal(19.98890495300293, result.First.Top[0].Value, 1e-3);
        Assert.Equal(result.First.Features.Count(v => v > 0), result.First.L0);
    }

    [Fact]
    public void Reverse_SwapsDirections()
    {
        var result = Contrast("e9afcf9a", "c9e6f938");
        var reverse = result.Reverse();
        Assert.Equal(result.TopDifferences.Select(d => (d.Feature, -d.Difference)), reverse.TopDifferences.Select(d => (d.Feature, d.Difference)));
        Assert.Equal(result.StrongerInFirst.Select(d => d.Feature), reverse.StrongerInSecond.Select(d => d.Feature));
        Assert.All(result.StrongerInSecond, d => Assert.True(d.Second > d.First));
        Assert.All(result.StrongerInFirst, d => Assert.True(d.First > d.Second));
    }

    [Fact]
    public void Provenance_SaysWhatTheNumbersWereMadeWith()
    {
        var provenance = Contrast("e9afcf9a", "c9e6f938").Provenance;
        var manifest = File.ReadAllText(Repository.Data("manifest.json"));
        Assert.Contains(provenance.ModelHash["sha256:".Length..], manifest);
        Assert.Contains(provenance.SaeHash!["sha256:".Length..], manifest);
        Assert.Equal("blocks.3.hook_resid_post", provenance.Hook);
        Assert.Equal("local-first", provenance.ModelFlags["layer order"]);
        Assert.Null(provenance.Seed);
        Assert.Empty(provenance.Warnings);
        Assert.StartsWith("every prompt", provenance.BosPolicy);
    }

    [Fact]
    public void Run_SaeOfAnotherModel_WarnsInTheProvenance()
    {
        var other = Directory.CreateTempSubdirectory("talegrid-6m-it").FullName;
        foreach (var file in Directory.GetFiles(Repository.Data("models", "talegrid-6m")))
            File.Copy(file, Path.Combine(other, Path.GetFileName(file)));
        var result = ContrastPair.Run(Transformer.Load(other), Sae, "one", "two");
        var warning = Assert.Single(result.Provenance.Warnings);
        Assert.Contains("trained on talegrid-6m", warning);
        Assert.Contains(warning[..30], result.ToText());
    }

    [Fact]
    public void Display_IsAPictureAndText()
    {
        var result = Contrast("e9afcf9a", "c9e6f938");
        var bundle = ((IDisplay)result).ToMimeBundle();
        Assert.Equal(["image/svg+xml", "text/plain"], bundle.Keys.Order());
        var svg = XDocument.Parse(bundle["image/svg+xml"]);
        Assert.Contains("863", svg.Root!.Value);
        Assert.Contains("feature 863", bundle["text/plain"]);
        Assert.Contains("+14.94", bundle["text/plain"]);
    }

    [Fact]
    public void Run_EmptyPrompt_StillHasTheBeginningOfSequence() =>
        Assert.Equal("<bos>", ContrastPair.Run(Model, Sae, "", "two").First.Token);

    [Fact]
    public void Run_TopBelowOne_IsRefused() =>
        Assert.Contains("Top is 0", Assert.Throws<AnalysisException>(() => ContrastPair.Run(Model, Sae, "a", "b", new() { Top = 0 })).Message);

    [Fact]
    public void Run_Cancelled_Stops() =>
        Assert.ThrowsAny<OperationCanceledException>(() => ContrastPair.Run(Model, Sae, "a", "b", cancellation: new CancellationToken(canceled: true)));

    private static ContrastPairResult Contrast(string first, string second, ContrastPosition position = ContrastPosition.LastToken) => ContrastPair.Run(
        Model, Sae, ArcTask.Load(Task(first)).Prompt(), ArcTask.Load(Task(second)).Prompt(), new() { FirstName = first, SecondName = second, Position = position });

    private static string Task(string name) => Repository.Data("tasks", "arc", name + ".json");

    private static void AssertDifferences(System.Text.Json.JsonElement wanted, ContrastPairResult found)
    {
        var scale = wanted.EnumerateArray().Max(d => Math.Abs(d[1].GetDouble()));
        Assert.Equal(wanted.EnumerateArray().Select(d => d[0].GetInt32()), found.TopDifferences.Select(d => d.Feature));
        foreach (var (w, f) in wanted.EnumerateArray().Zip(found.TopDifferences))
            Assert.Equal(w[1].GetDouble(), f.Difference, 5e-5 * scale);
    }
}
