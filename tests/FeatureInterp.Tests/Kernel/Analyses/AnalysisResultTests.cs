using System.Text.Json;
using FeatureInterp.Analysis;
using FeatureInterp.Kernel.Analyses;
using FeatureInterp.Saes;

namespace FeatureInterp.Tests.Kernel.Analyses;

/// <summary>The numbers in results are those of the typed calls, with every option taken over.</summary>
public sealed class AnalysisResultTests : IDisposable
{
    private const string Text = "The wolf said to the little girl: where are you going? The wolf ran on before her.";

    private readonly AnalysisWork _work = new();

    public void Dispose() => _work.Dispose();

    private static double[] Doubles(JsonElement array) => [.. array.EnumerateArray().Select(v => v.GetDouble())];

    private static (int, string?, float)[] Scores(JsonElement array) =>
        [.. array.EnumerateArray().Select(t => (t.GetProperty("token").GetInt32(), t.GetProperty("text").GetString(), t.GetProperty("score").GetSingle()))];

    private static (int, string?, float)[] Scores(IEnumerable<TokenScore> scores) => [.. scores.Select(s => (s.Token, (string?)s.Text, s.Score))];

    [Fact]
    public void Cooccurrence_Numbers_AreThoseOfTheTypedCall()
    {
        var request = $"{AnalysisWork.Pair}corpus: '{_work.Folder.Write("text.txt", Text)}'\nsets: {{one: [754, 1477, 1478], drawn: {{count: 40, seed: 5}}, single: 714}}\ncomponents: 2\nbefore: 2\nafter: 1\nrow_length: 9\nmax_points: 4\nseed: 3\nexclude_special_tokens: false\nas_notebook: true\n";
        _work.Run("cooccurrence", request);
        ResultRules.Check(_work.Document, "cooccurrence", request, isComplete: true);
        var sae = EmbeddedPair.Sae.For(EmbeddedPair.Model);
        var drawn = sae.RandomFeatures(40, seed: 5, except: [754, 1477, 1478, 714]);
        var expected = Cooccurrence.Run(EmbeddedPair.Model, sae, TokenRows.FromFile(_work.Folder.PathOf("text.txt")), new Dictionary<string, int[]> { ["one"] = [754, 1477, 1478], ["drawn"] = drawn, ["single"] = [714] }, new()
        {
            Components = 2,
            Before = 2,
            After = 1,
            RowLength = 9,
            MaxPoints = 4,
            Seed = 3,
            ExcludeSpecialTokens = false,
            AsNotebook = true,
        });
        var sets = _work.Result.GetProperty("sets").EnumerateArray().ToArray();
        Assert.Equal(["one", "drawn", "single"], sets.Select(s => s.GetProperty("name").GetString()));
        Assert.Contains(expected.Sets, s => s.Components.Count == 2 && s.IsSample);
        foreach (var (set, wanted) in sets.Zip(expected.Sets))
        {
            Assert.Equal((wanted.Fired, wanted.Variance, wanted.IsSample), (set.GetProperty("fired").GetInt64(), set.GetProperty("variance").GetDouble(), set.GetProperty("is_sample").GetBoolean()));
            Assert.Equal(wanted.Components.Select(c => c.Ratio), set.GetProperty("components").EnumerateArray().Select(c => c.GetProperty("explained_variance_ratio").GetDouble()));
            Assert.Equal(wanted.Components.SelectMany(c => c.Direction), set.GetProperty("components").EnumerateArray().SelectMany(c => Doubles(c.GetProperty("direction"))));
            Assert.Equal(wanted.Features.Select(f => f.Feature), set.GetProperty("features").EnumerateArray().Select(f => f.GetProperty("feature").GetInt32()));
            Assert.Equal(wanted.Features.SelectMany(f => f.Loadings), set.GetProperty("features").EnumerateArray().SelectMany(f => Doubles(f.GetProperty("loadings"))));
            Assert.Equal(wanted.Together.SelectMany(t => t), set.GetProperty("together").EnumerateArray().SelectMany(t => t.EnumerateArray().Select(n => n.GetInt64())));
            var points = set.GetProperty("points").EnumerateArray().ToArray();
            Assert.Equal(wanted.Points.Select(p => p.Context), points.Select(p => p.GetProperty("context").GetString()));
            Assert.Equal(wanted.Points.SelectMany(p => p.Projection), points.SelectMany(p => Doubles(p.GetProperty("projection"))));
            Assert.InRange(points.Length, 0, 4);
        }
    }

    [Fact]
    public void VocabProjection_OfFeatures_IsTheTypedCall()
    {
        _work.Run("vocab-projection", AnalysisWork.Pair + "features: [714, 754]\ntop: 7\nform: through-final-norm\nvector: encoder\n");
        var expected = VocabProjection.Run(EmbeddedPair.Model, EmbeddedPair.Sae, [714, 754], new() { Top = 7, Form = VocabForm.ThroughFinalNorm, Vector = FeatureVector.Encoder });
        foreach (var (vector, wanted) in _work.Result.GetProperty("vectors").EnumerateArray().Zip(expected.Vectors))
        {
            Assert.Equal((wanted.Name, wanted.Index, wanted.Length), (vector.GetProperty("name").GetString(), vector.GetProperty("index").GetInt32(), vector.GetProperty("length").GetSingle()));
            Assert.Equal(Scores(wanted.Top), Scores(vector.GetProperty("top")));
            Assert.Equal(Scores(wanted.Bottom), Scores(vector.GetProperty("bottom")));
        }
    }

    [Fact]
    public void VocabProjection_OfNeurons_NeedsNoSae()
    {
        const string Request = "model: talegrid-6m\nneurons: {layer: 2, index: [39, 40]}\nthrough_post_norm: false\n";
        _work.Run("vocab-projection", Request);
        ResultRules.Check(_work.Document, "vocab-projection", Request, isComplete: true);
        var expected = VocabProjection.Neurons(EmbeddedPair.Model, 2, [39, 40], new() { ThroughPostNorm = false });
        Assert.Equal(expected.Vectors.SelectMany(v => Scores(v.Top)), _work.Result.GetProperty("vectors").EnumerateArray().SelectMany(v => Scores(v.GetProperty("top"))));
    }

    [Fact]
    public void TokenChange_OfANeuron_IsTheTypedCall()
    {
        _work.Run("token-change", "model: talegrid-6m\nneuron: {layer: 2, index: 39}\ncorpus: {prompts: [The old fox, The king]}\nstrength: 2\nmeasure: probability\ntop: 4\nexclude_special_tokens: false\n");
        var model = EmbeddedPair.Model;
        var rows = TokenRows.Of([model.RequireTokenizer().ToTokens("The old fox", true), model.RequireTokenizer().ToTokens("The king", true)]);
        var expected = TokenChange.Run(model, Unit.Neuron(2, 39), rows, new() { Strength = 2, Measure = TokenChangeMeasure.Probability, Top = 4, ExcludeSpecialTokens = false });
        Assert.Equal(expected.Value, _work.Result.GetProperty("value").GetSingle());
        Assert.Equal(expected.LargestActivation, _work.Result.GetProperty("largest_activation").GetSingle());
        Assert.Equal(Scores(expected.Positive.Top), Scores(_work.Result.GetProperty("positive").GetProperty("top")));
        Assert.Equal(Scores(expected.Negative.Bottom), Scores(_work.Result.GetProperty("negative").GetProperty("bottom")));
    }

    [Fact]
    public void LogitLens_Numbers_AreThoseOfTheTypedCall()
    {
        _work.Run("logit-lens", "model: talegrid-6m\nprompt: The king was so angry that\ntokens: [' he', 5]\ntop: 2\npositions: [-2, -1]\ninclude_mid: true\n");
        var expected = LogitLens.Run(EmbeddedPair.Model, "The king was so angry that", new() { Tokens = [" he", 5], Top = 2, Positions = new[] { -2, -1 }, InclMid = true });
        var layers = _work.Result.GetProperty("layers").EnumerateArray().ToArray();
        Assert.Equal(expected.Rows.Select(r => r.Label), layers.Select(l => l.GetProperty("label").GetString()));
        var cells = layers.SelectMany(l => l.GetProperty("positions").EnumerateArray()).ToArray();
        var wanted = expected.Rows.SelectMany(r => r.Cells).ToArray();
        Assert.Equal(wanted.SelectMany(c => c.Probabilities), cells.SelectMany(c => Doubles(c.GetProperty("probabilities"))));
        Assert.Equal(wanted.SelectMany(c => c.Ranks), cells.SelectMany(c => c.GetProperty("ranks").EnumerateArray().Select(r => r.GetInt32())));
        Assert.Equal(wanted.SelectMany(c => c.Top.Select(t => t.Token)), cells.SelectMany(c => c.GetProperty("top").EnumerateArray().Select(t => t.GetProperty("token").GetInt32())));
    }

    [Fact]
    public void LogitAttribution_OfFeaturesAndOfHeads_IsTheTypedCall()
    {
        const string Prompt = "The king was so angry that";
        _work.Run("logit-attribution", $"{AnalysisWork.Pair}prompt: {Prompt}\nanswer: ' he'\nother: ' she'\nposition: -2\n");
        var features = FeatureAttribution.Run(EmbeddedPair.Model, EmbeddedPair.Sae, Prompt, " he", " she", -2);
        Assert.Equal(features.Features.Select(f => (f.Feature, f.Logits)), _work.Result.GetProperty("features").EnumerateArray().Select(f => (f.GetProperty("feature").GetInt32(), f.GetProperty("logits").GetDouble())));
        Assert.Equal((features.Error, features.Rest, features.Logit), (_work.Result.GetProperty("error").GetDouble(), _work.Result.GetProperty("rest").GetDouble(), _work.Result.GetProperty("logit").GetDouble()));

        const string Heads = $"model: talegrid-6m\nprompt: {Prompt}\nof: heads\nanswer: ' he'\n";
        _work.Run("logit-attribution", Heads);
        ResultRules.Check(_work.Document, "logit-attribution", Heads, isComplete: true);
        var heads = FeatureAttribution.Heads(EmbeddedPair.Model, Prompt, " he");
        Assert.Equal(heads.Values.Span.ToArray(), _work.Result.GetProperty("values").EnumerateArray().SelectMany(r => r.EnumerateArray().Select(v => v.GetSingle())));
    }

    [Fact]
    public void KlTarget_Numbers_AreThoseOfTheTypedCall()
    {
        _work.Run("kl-target", AnalysisWork.Pair + "feature: 754\ntarget: 0.3\nprompts: [We, I think]\nnegative: true\nerror_term: false\ntolerance: 0.1\nleast: 1\nmost: 500\n");
        var expected = KlTarget.Run(EmbeddedPair.Model, Unit.Feature(EmbeddedPair.Sae, 754), 0.3, new() { Prompts = ["We", "I think"], Negative = true, ErrorTerm = false, Tolerance = 0.1, Least = 1, Most = 500 });
        Assert.Equal((expected.Value, expected.Kl, expected.Converged), (_work.Result.GetProperty("value").GetDouble(), _work.Result.GetProperty("kl").GetDouble(), _work.Result.GetProperty("converged").GetBoolean()));
        Assert.Equal(expected.Steps, _work.Result.GetProperty("steps").EnumerateArray().Select(s => new KlStep(s.GetProperty("value").GetDouble(), s.GetProperty("kl").GetDouble())));
    }

    [Fact]
    public void DefinitionTree_Nodes_AreTheTree()
    {
        _work.Run("definition-tree", AnalysisWork.Pair + "feature: 216\nprompt: 'There was a {ghost} who'\ncutoff: 0.002\nbranches: 3\nmax_depth: 4\nclamp: {216: 12}\nghost: {encoder_share: 0.5, from_centroid: false, scale: 2, component_weights: [0.1]}\n");
        var expected = DefinitionTree.Run(EmbeddedPair.Model, EmbeddedPair.Sae, 216, new()
        {
            Prompt = "There was a {ghost} who",
            Cutoff = 0.002,
            Branches = 3,
            MaxDepth = 4,
            Interventions = [Intervention.Clamp(216, 12)],
            Ghost = new() { EncoderShare = 0.5, FromCentroid = false, Scale = 2, ComponentWeights = [0.1] },
        });
        var nodes = _work.Result.GetProperty("nodes").EnumerateArray().ToArray();
        Assert.Equal(expected.Root.All().Skip(1).Select(n => (n.TokenId, n.CumulativeProbability)), nodes.Select(n => ((int?)n.GetProperty("token").GetInt32(), n.GetProperty("cumulative_probability").GetDouble())));
        Assert.InRange(nodes.Length, 5, 1000);
        // A node's probability is its own times that of the one above it.
        foreach (var node in nodes)
        {
            var above = node.GetProperty("parent").ValueKind == JsonValueKind.Null ? 1 : nodes[node.GetProperty("parent").GetInt32()].GetProperty("cumulative_probability").GetDouble();
            Assert.Equal(node.GetProperty("cumulative_probability").GetDouble(), above * node.GetProperty("probability").GetDouble());
        }
    }

    [Fact]
    public void DefinitionTree_Cancelled_KeepsTheTreeSoFar()
    {
        using var source = new CancellationTokenSource();
        var request = AnalysisWork.Kind("definition-tree").Example + "\nleaves_at_once: 1\n";
        Assert.False(_work.Run("definition-tree", request, new CancelsAfter(4, source), source.Token).IsComplete);
        ResultRules.Check(_work.Document, "definition-tree", request, isComplete: false);
        Assert.Equal("cancelled", _work.Result.GetProperty("end").GetString());
        Assert.InRange(_work.Result.GetProperty("nodes").GetArrayLength(), 1, 40);
    }

    [Fact]
    public void TokenList_OfAToken_NamesItselfFirst()
    {
        const string Request = "model: talegrid-6m\ntoken: ' girl'\nscore: cosine\ntop: 3\n";
        _work.Run("token-list", Request);
        ResultRules.Check(_work.Document, "token-list", Request, isComplete: true);
        Assert.Equal(3, _work.Result.GetProperty("tokens").GetArrayLength());
        Assert.Equal(" girl", _work.Result.GetProperty("tokens")[0].GetProperty("text").GetString());
        Assert.Equal(1, _work.Result.GetProperty("tokens")[0].GetProperty("score").GetDouble(), 1e-9);
    }

    [Fact]
    public void Request_InTheResult_KeepsTheKindsOfItsValues()
    {
        var json = RequestYaml.Parse("r", "a: 5\nb: '5'\nc: 1.5e3\nd: true\ne: 'true'\nf: [x, ~]\ng: {h: .inf}\ni: 007\n").ToJson();
        Assert.Equal("""{"a":5,"b":"5","c":1500,"d":true,"e":"true","f":["x",null],"g":{"h":".inf"},"i":7}""", json!.ToJsonString());
    }
}
