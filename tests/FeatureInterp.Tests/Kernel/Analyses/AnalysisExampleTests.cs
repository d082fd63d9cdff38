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
        var said = progress.Said.Split(Environment.NewLine);
        Assert.EndsWith("going on from it.", said[0], StringComparison.Ordinal);
        Assert.StartsWith("4 of 16 rows", said[1], StringComparison.Ordinal);
        Assert.False(File.Exists(_folder.PathOf("evaluation.state.json")));
    }

    [Fact]
    public void Steering_InterruptedAndRunAgain_MakesTheRestAndTheSameResult()
    {
        const string Request = "model: talegrid-6m\nsae: talegrid-6m-res-l3\nprompts: [The old fox, The king]\nfeatures: [754, 1478]\nstrengths: [-1, 1]\nunit: decoder-norm\nnew_tokens: 8\ntexts_at_once: 1\nstop_at_eos: false\n";
        using var source = new CancellationTokenSource();
        var outcome = Run("steering", Request, new CancelsAfter(20, source), source.Token);
        Assert.False(outcome.IsComplete);
        AnalysisRunner.Write(outcome, _folder.Path);
        Assert.Equal(2, Result.GetProperty("result").GetProperty("texts").EnumerateArray().Count(t => t.GetProperty("is_complete").GetBoolean()));
        GoesOn("steering", Request, Request.Replace("new_tokens: 8", "new_tokens: 6", StringComparison.Ordinal), "steering.state.json", "16 of 80 tokens");
    }

    [Fact]
    public void Ablation_InterruptedAndRunAgain_DoesTheRestAndTheSameResult()
    {
        const string Request = "model: talegrid-6m\nsae: talegrid-6m-res-l3\nprompt: The king was not able\nanswer: ' to go.'\nmax_features: 9\nlines_at_once: 2\nnew_tokens: 5\ndetails: 2\n";
        using var source = new CancellationTokenSource();
        var outcome = Run("ablation", Request, new CancelsAfter(3, source), source.Token);
        Assert.False(outcome.IsComplete);
        AnalysisRunner.Write(outcome, _folder.Path);
        Assert.Equal(4, Result.GetProperty("result").GetProperty("lines").GetArrayLength());
        GoesOn("ablation", Request, Request.Replace("max_features: 9", "max_features: 8", StringComparison.Ordinal), "ablation.state.json", "4 of 17 ablations");
    }

    // After an interrupted run: another request begins anew and says so; the same one goes on, and makes what a run that was not interrupted makes.
    private void GoesOn(string kind, string request, string other, string state, string first)
    {
        Assert.False(Result.GetProperty("is_complete").GetBoolean());
        var kept = File.ReadAllText(_folder.PathOf(state));
        var progress = new CancelsAfter(int.MaxValue, null);
        AnalysisRunner.Write(Run(kind, request, progress), _folder.Path);
        var said = progress.Said.Split(Environment.NewLine);
        Assert.EndsWith($"{state}; going on from it.", said[0], StringComparison.Ordinal);
        Assert.StartsWith(first, said[1], StringComparison.Ordinal);
        Assert.Contains("by an earlier run)", said[1], StringComparison.Ordinal);
        Assert.True(Result.GetProperty("is_complete").GetBoolean());
        Assert.False(File.Exists(_folder.PathOf(state)));
        var resumed = File.ReadAllText(_folder.PathOf("result.json"));
        AnalysisRunner.Write(Run(kind, request), _folder.Path);
        Assert.Equal(File.ReadAllText(_folder.PathOf("result.json")), resumed);

        File.WriteAllText(_folder.PathOf(state), kept);
        progress = new CancelsAfter(int.MaxValue, null);
        AnalysisRunner.Write(Run(kind, other, progress), _folder.Path);
        said = progress.Said.Split(Environment.NewLine);
        Assert.Equal("It is of another request, model or SAE; beginning anew.", said[1]);
        Assert.DoesNotContain("by an earlier run", progress.Said, StringComparison.Ordinal);
        Assert.True(Result.GetProperty("is_complete").GetBoolean());
        Assert.False(File.Exists(_folder.PathOf(state)));
    }

    [Fact]
    public void Ablation_Lines_AreThoseOfTheTypedCall()
    {
        AnalysisRunner.Write(Run("ablation", "model: talegrid-6m\nsae: talegrid-6m-res-l3\nprompt: The king was not able\nanswer: {tokens: [281, 400]}\nsets: [[1477, 754], 863]\nerror_term: false\npositions: last\ndetails: 1\nnew_tokens: 4\n"), _folder.Path);
        var model = Transformer.Load("talegrid-6m");
        var expected = Ablation.RunSets(model, SparseAutoencoder.Load("talegrid-6m-res-l3"), model.RequireTokenizer().ToTokens("The king was not able", true), [281, 400], [[1477, 754], [863]],
            new AblationOptions { ErrorTerm = false, Positions = InterventionPositions.Last, Details = 1, NewTokens = 4 });
        var result = Result.GetProperty("result");
        Assert.Equal([281, 400], result.GetProperty("answer_tokens").EnumerateArray().Select(t => t.GetInt32()));
        Assert.Equal(expected.Reference.LogProbability, result.GetProperty("reference").GetProperty("log_probability").GetDouble());
        Assert.Equal(expected.CleanText, result.GetProperty("clean").GetProperty("text").GetString());
        foreach (var (line, wanted) in result.GetProperty("lines").EnumerateArray().Zip(expected.Lines))
        {
            Assert.Equal(wanted.Features, line.GetProperty("features").EnumerateArray().Select(f => f.GetInt32()));
            Assert.Equal((wanted.Effect, wanted.Total, wanted.Direct), (line.GetProperty("effect").GetDouble(), line.GetProperty("total").GetDouble(), line.GetProperty("direct").GetDouble()));
            Assert.Equal(wanted.Score.Tokens.Select(t => t.LogProbability), line.GetProperty("score").GetProperty("token_log_probabilities").EnumerateArray().Select(v => v.GetDouble()));
            Assert.Equal(wanted.Text, line.TryGetProperty("text", out var text) ? text.GetString() : null);
            Assert.Equal(wanted.Response?.Layers.Select(l => l.Effect) ?? [], line.TryGetProperty("response", out var response) ? response.EnumerateArray().Select(l => l.GetProperty("effect").GetDouble()) : []);
        }
    }

    [Theory]
    [InlineData("features: [1, 2048]", "no feature 2048")]
    [InlineData("features: -1", "no feature -1")]
    [InlineData("sets: [[1], [5, 5]]", "twice")]
    [InlineData("prompt: {file: LONG}", "fills the context")]
    [InlineData("answer: {file: LONG}", "more than the context")]
    [InlineData("answer: {file: EMPTY}", "answer has no token")]
    [InlineData("answer: {tokens: [99999]}", "Token 99999 of the answer")]
    public void Ablation_ThatCannotBe_SaysWhy(string key, string said)
    {
        var (longer, empty) = (_folder.Write("long.txt", string.Concat(Enumerable.Repeat("The king was not able. ", 300))), _folder.Write("empty.txt", ""));
        string[] lines = ["model: talegrid-6m", "sae: talegrid-6m-res-l3", "prompt: The king was not able", "answer: ' to'"];
        var request = string.Join('\n', [.. lines.Where(l => l.Split(':')[0] != key.Split(':')[0]), key.Replace("LONG", longer, StringComparison.Ordinal).Replace("EMPTY", empty, StringComparison.Ordinal)]);
        Assert.Contains(said, Assert.Throws<RequestException>(() => Run("ablation", request)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Attribution_FeaturesAndCheck_AreThoseOfTheTypedCalls()
    {
        AnalysisRunner.Write(Run("attribution", Example("attribution").Replace("# steps: 32 ", "steps: 4 ", StringComparison.Ordinal)), _folder.Path);
        var (model, sae) = (Transformer.Load("talegrid-6m"), SparseAutoencoder.Load("talegrid-6m-res-l3"));
        var expected = Attribution.Run(model, sae, "The king was not able", " to", options: new AttributionOptions { Steps = 4 });
        var result = Result.GetProperty("result");
        Assert.Equal("logit of ' to'", result.GetProperty("metric").GetString());
        Assert.Equal((expected.Value, expected.Gap!.Value), (result.GetProperty("value").GetDouble(), result.GetProperty("gap").GetDouble()));
        Assert.Equal(expected.Saes[0].Features.Select(f => (f.Feature, f.Attribution)), result.GetProperty("saes")[0].GetProperty("features").EnumerateArray().Select(f => (f.GetProperty("feature").GetInt32(), f.GetProperty("attribution").GetDouble())));
        Assert.Equal(AttributionCheck.Run(model, sae, expected, 12).Effects.Select(e => e.Actual), result.GetProperty("check").GetProperty("effects").EnumerateArray().Select(e => e.GetProperty("actual").GetDouble()));
    }

    [Theory]
    [InlineData("both", 3)]
    [InlineData("estimate", 1)]
    public void Patching_Estimates_AreThoseOfTheTypedCall(string method, int figures)
    {
        var request = Example("patching").Replace("method: exact ", $"method: {method} ", StringComparison.Ordinal).Replace("site: resid_pre", "site: attn_out", StringComparison.Ordinal);
        var written = AnalysisRunner.Write(Run("patching", request), _folder.Path);
        Assert.Equal(figures, written.Count(f => f.StartsWith("figure", StringComparison.Ordinal) && f.EndsWith(".svg", StringComparison.Ordinal)));
        var model = Transformer.Load("talegrid-6m");
        var metric = Metric.LogitDifference(" he", " she");
        var expected = AttributionPatching.Run(model, "The king was so angry that", "The queen was so angry that", metric.WithGradient(model), HookSite.AttnOut);
        var result = Result.GetProperty("result");
        Assert.Equal(expected.Estimate.Values.Span.ToArray(), result.GetProperty("estimates").EnumerateArray().SelectMany(r => r.EnumerateArray().Select(v => v.GetSingle())));
        Assert.Equal("logit of ' he' minus ' she'", result.GetProperty("metric").GetString());
        Assert.Equal(method == "both", result.TryGetProperty("values", out _));
        Assert.Equal(method == "both", result.TryGetProperty("against", out var against));
        if (method == "both")
            Assert.Equal(expected.Against(ActivationPatching.Run(model, "The king was so angry that", "The queen was so angry that", metric, HookSite.AttnOut)).Correlation, against.GetProperty("correlation").GetDouble());
    }
}
