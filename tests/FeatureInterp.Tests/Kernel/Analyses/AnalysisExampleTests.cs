using System.Text.Json;
using FeatureInterp.Analysis;
using FeatureInterp.Kernel.Analyses;
using FeatureInterp.Models;
using FeatureInterp.Saes;
using FeatureInterp.Tests.Display;
using FeatureInterp.Tests.Tokenizers;

namespace FeatureInterp.Tests.Kernel.Analyses;

/// <summary>Every example runs on the embedded pair and writes files that are what they are called; a sample of what they hold is compared with the typed calls.</summary>
public sealed class AnalysisExampleTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    public static TheoryData<string> Names => [.. AnalysisRegistry.All.Select(k => k.Name)];

    private JsonElement Result => JsonDocument.Parse(File.ReadAllText(_folder.PathOf("result.json"))).RootElement;

    private AnalysisOutcome Run(string name, string request, TextWriter? error = null, CancellationToken cancellation = default)
    {
        var work = AnalysisRunner.Read(AnalysisRegistry.All.Single(k => k.Name == name), "example", RequestYaml.Parse("example", request));
        return work(new AnalysisRun(_folder.Path, error ?? TextWriter.Null, TimeSpan.Zero, cancellation));
    }

    private static string Example(string name) => AnalysisRegistry.All.Single(k => k.Name == name).Example;

    [Theory]
    [MemberData(nameof(Names))]
    public void Example_OnTheEmbeddedPair_RunsAndWritesValidFiles(string name)
    {
        var outcome = Run(name, Example(name));
        Assert.True(outcome.IsComplete);
        var written = AnalysisRunner.Write(outcome, _folder.Path);
        Assert.Equal(written.Order(StringComparer.Ordinal), Directory.GetFiles(_folder.Path).Select(f => Path.GetFileName(f)!).Order(StringComparer.Ordinal));
        Assert.Contains("figure-01.svg", written);
        foreach (var file in written)
        {
            var text = File.ReadAllText(_folder.PathOf(file));
            if (file.EndsWith(".svg", StringComparison.Ordinal))
                SvgReading.Parse(text);
            else if (file.EndsWith(".plotly.json", StringComparison.Ordinal))
                Assert.NotEqual(0, JsonDocument.Parse(text).RootElement.GetProperty("data").GetArrayLength());
            else
                Assert.Equal(JsonValueKind.Object, JsonDocument.Parse(text).RootElement.ValueKind);
        }

        Assert.Contains("talegrid-6m", outcome.Display.ToText(), StringComparison.Ordinal);
        ResultRules.Check(Result, name, Example(name), isComplete: true);
    }

    [Fact]
    public void Steering_Texts_AreThoseOfTheTypedCall()
    {
        var request = "model: talegrid-6m\nsae: talegrid-6m-res-l3\nprompts: [The old fox, [2, 17]]\nfeatures: 754\nstrengths: [-1, 3]\nmax_activations: {values: {754: 20}}\nnew_tokens: 6\nsamplings: {temperature: 0.9, seed: 3}\npositions: last\n";
        AnalysisRunner.Write(Run("steering", request), _folder.Path);
        var model = Transformer.Load("talegrid-6m");
        var expected = SteeringSweep.Run(model, SparseAutoencoder.Load("talegrid-6m-res-l3"), [model.RequireTokenizer().ToTokens("The old fox", true), [2, 17]], [754], [-1, 3], new SteeringOptions
        {
            MaxActivations = new Dictionary<int, double> { [754] = 20 },
            NewTokens = 6,
            Samplings = [new Sampling { Temperature = 0.9f, Seed = 3 }],
            Positions = InterventionPositions.Last,
        });
        var texts = Result.GetProperty("result").GetProperty("texts").EnumerateArray().ToArray();
        Assert.Equal(6, texts.Length);
        foreach (var (text, wanted) in texts.Zip(expected.Texts))
        {
            Assert.Equal(wanted.Tokens, text.GetProperty("tokens").EnumerateArray().Select(t => t.GetInt32()));
            Assert.Equal(wanted.UnsteeredLogProbabilities, text.GetProperty("unsteered_log_probabilities").EnumerateArray().Select(t => t.GetDouble()));
            Assert.Equal((wanted.Prompt, wanted.Strength, wanted.Text), (text.GetProperty("prompt").GetInt32(), text.GetProperty("strength").GetDouble(), text.GetProperty("text").GetString()));
        }
    }

    [Fact]
    public void Steering_MaximaFromASavedTable_AreItsMaxima()
    {
        AnalysisRunner.Write(Run("top-activations", "model: talegrid-6m\nsae: talegrid-6m-res-l3\ncorpus: {prompts: ['He cried: COME BACK!']}\nfeatures: 754\n"), _folder.Path);
        var table = _folder.PathOf("result.json");
        var max = TopActivationsResult.Load(table)[754].Max;
        Assert.True(max > 0);
        File.Move(table, _folder.PathOf("table.json"));
        AnalysisRunner.Write(Run("steering", $"model: talegrid-6m\nsae: talegrid-6m-res-l3\nprompts: He\nfeatures: 754\nstrengths: 1\nnew_tokens: 2\nmax_activations: {{from: '{_folder.PathOf("table.json")}'}}\n"), _folder.Path);
        Assert.Equal(max, Result.GetProperty("result").GetProperty("features")[0].GetProperty("amount").GetDouble());
    }

    [Fact]
    public void Patching_Values_AreThoseOfTheTypedCall()
    {
        AnalysisRunner.Write(Run("patching", Example("patching")), _folder.Path);
        var expected = ActivationPatching.Run(Transformer.Load("talegrid-6m"), "The king was so angry that", "The queen was so angry that", Metric.LogitDifference(" he", " she"));
        var rows = Result.GetProperty("result").GetProperty("values").EnumerateArray().Select(r => r.EnumerateArray().Select(v => v.GetSingle()).ToArray()).ToArray();
        Assert.Equal((expected.Values.Shape[0], expected.Values.Shape[1]), (rows.Length, rows[0].Length));
        Assert.Equal(expected.Values.Span.ToArray(), rows.SelectMany(r => r));
    }

    [Theory]
    [InlineData("accumulated")]
    [InlineData("heads")]
    [InlineData("everything")]
    public void ResidualStream_PartsWithoutAnAnswer_HaveLengths(string parts)
    {
        AnalysisRunner.Write(Run("residual-stream", $"model: talegrid-6m\nprompts: [The king, The old queen]\nparts: {parts}\npositions: all\n"), _folder.Path);
        var result = Result.GetProperty("result");
        var prompts = result.GetProperty("prompts").EnumerateArray().ToArray();
        Assert.Equal([3, 4], prompts.Select(p => p.GetProperty("positions").GetArrayLength()));
        Assert.Equal(result.GetProperty("parts").GetArrayLength(), prompts[0].GetProperty("lengths").GetArrayLength());
        Assert.All(prompts[1].GetProperty("lengths").EnumerateArray(), part => Assert.All(part.EnumerateArray(), v => Assert.True(v.GetDouble() >= 0)));
    }

    [Fact]
    public void Figures_OfAnEarlierRun_AreNotLeftBeside()
    {
        _folder.Write("figure-02.svg", "old");
        _folder.Write("figure-02.plotly.json", "old");
        _folder.Write("mine.svg", "kept");
        AnalysisRunner.Write(Run("residual-stream", Example("residual-stream")), _folder.Path);
        Assert.Equal(["figure-01.plotly.json", "figure-01.svg", "mine.svg", "result.json", "result.svg"], Directory.GetFiles(_folder.Path).Select(f => Path.GetFileName(f)!).Order(StringComparer.Ordinal));
    }

    [Fact]
    public void Contrast_PromptAsIds_IsRefused() =>
        Assert.Contains("not as token ids", Assert.Throws<RequestException>(() => Run("contrast", "model: talegrid-6m\nsae: talegrid-6m-res-l3\nfirst: [2, 5]\nsecond: a\n")).Message, StringComparison.Ordinal);

    [Fact]
    public void Steering_Cancelled_KeepsWhatThereIs()
    {
        using var source = new CancellationTokenSource();
        var request = Example("steering").Replace("max_activations:", "max_activations: {values: {1754: 25, 1478: 17}} #", StringComparison.Ordinal) + "\ntexts_at_once: 1\n";
        var progress = new CancelsAfter(60, source);
        var outcome = Run("steering", request, progress, source.Token);
        Assert.False(outcome.IsComplete);
        AnalysisRunner.Write(outcome, _folder.Path);
        Assert.False(Result.GetProperty("is_complete").GetBoolean());
        var texts = Result.GetProperty("result").GetProperty("texts");
        Assert.InRange(texts.GetArrayLength(), 1, 3);
        Assert.True(texts[0].GetProperty("is_complete").GetBoolean());
        Assert.Contains("tokens, about", progress.Said, StringComparison.Ordinal);
    }

    [Fact]
    public void Evaluation_Cancelled_GoesOnFromItsState()
    {
        using var source = new CancellationTokenSource();
        var request = Example("sae-evaluation").Replace("batch_rows: 8", "batch_rows: 2", StringComparison.Ordinal);
        Assert.ThrowsAny<OperationCanceledException>(() => Run("sae-evaluation", request, new CancelsAfter(1, source), source.Token));
        Assert.Equal(["evaluation.state.json"], Directory.GetFiles(_folder.Path).Select(f => Path.GetFileName(f)!));
        var progress = new CancelsAfter(int.MaxValue, source);
        AnalysisRunner.Write(Run("sae-evaluation", request, progress), _folder.Path);
        Assert.StartsWith("Going on from what an earlier run left in evaluation.state.json; delete it to begin anew.\n4 of 16 rows", progress.Said, StringComparison.Ordinal);
        Assert.False(File.Exists(_folder.PathOf("evaluation.state.json")));
    }
}
