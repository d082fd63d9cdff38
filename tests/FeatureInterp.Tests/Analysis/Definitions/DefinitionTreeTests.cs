using FeatureInterp.Analysis;
using FeatureInterp.Display;
using FeatureInterp.Models;
using FeatureInterp.Saes;

namespace FeatureInterp.Tests;

public sealed class DefinitionTreeTests : IDisposable
{
    private const int Placeholder = 7;

    private readonly TinyModel _tiny = new();
    private readonly TinySae _tinySae = new();
    private readonly Transformer _model;
    private readonly SparseAutoencoder _sae;

    public DefinitionTreeTests() => (_model, _sae) = (_tiny.Load(), _tinySae.Load());

    public void Dispose()
    {
        _tiny.Dispose();
        _tinySae.Dispose();
    }

    private static DefinitionTreeOptions Options => new() { PromptTokens = [3, 11, Placeholder, 20, Placeholder, 5], Placeholder = Placeholder, Cutoff = 2e-4, Branches = 3, MaxDepth = 4 };

    // The centroid of a model's rows and the mean distance to it, in double.
    private static (double[] Centroid, double Distance) Statistics(double[] rows, int d)
    {
        var n = rows.Length / d;
        double[] centroid = [.. Enumerable.Range(0, d).Select(j => Enumerable.Range(0, n).Sum(t => rows[t * d + j]) / n)];
        var distance = Enumerable.Range(0, n).Sum(t => Math.Sqrt(Enumerable.Range(0, d).Sum(j => Math.Pow(rows[t * d + j] - centroid[j], 2)))) / n;
        return (centroid, distance);
    }

    [Theory, InlineData("gemma2", "model.embed_tokens.weight"), InlineData("gpt2", "wte.weight"), InlineData("llama", "model.embed_tokens.weight")]
    public void Run_EqualsTheTwinThatRunsEveryTextAnew(string family, string name)
    {
        using var tiny = new TinyModel(family: family);
        var model = tiny.Load();
        var d = tiny.Shape.DModel;
        var rows = tiny.Weights.First(w => w.Key.EndsWith(name, StringComparison.Ordinal)).Value;
        var (centroid, distance) = Statistics(rows, d);
        using var tinySae = new TinySae(new TinySaeShape { DIn = d });
        double[] decoder = tinySae.Decoder[(9 * d)..(10 * d)];
        var norm = Math.Sqrt(decoder.Sum(v => v * v));
        double[] ghost = [.. centroid.Zip(decoder, (c, v) => c + distance * v / norm)];
        var found = DefinitionTree.Run(model, tinySae.Load(), 9, Options with { MaxDepth = 3 });
        Assert.Equal(DefinitionTreeEnd.Complete, found.End);
        Assert.True(found.Root.Count > 10);
        var scale = family == "gemma2" ? Math.Sqrt(d) : 1;
        var twin = new ModelTwin(tiny)
        {
            Edit = (hook, value) =>
            {
                for (var j = 0; hook == "hook_embed" && j < d; j++)
                    value.Values[2 * d + j] = value.Values[4 * d + j] = scale * ghost[j];
            },
        };
        Check(found.Root, []);

        void Check(DefinitionNode node, int[] path)
        {
            if (path.Length == 3)
                return;
            var logits = twin.Run([.. Options.PromptTokens!, .. path])[^tiny.Shape.Vocab..];
            logits[Placeholder] = double.NegativeInfinity;
            var sum = logits.Sum(l => Math.Exp(l));
            var wanted = Enumerable.Range(0, logits.Length).OrderByDescending(t => logits[t]).Take(3).Where(t => node.CumulativeProbability * Math.Exp(logits[t]) / sum >= 2e-4).ToArray();
            Assert.Equal(wanted, node.Children.Select(c => c.TokenId!.Value));
            foreach (var child in node.Children)
            {
                Assert.Equal(Math.Exp(logits[child.TokenId!.Value]) / sum, child.ConditionalProbability, 1e-5);
                Check(child, [.. path, child.TokenId.Value]);
            }
        }
    }

    [Fact]
    public void Run_Nodes_KeepWhatWasPromised()
    {
        var options = Options;
        var tree = DefinitionTree.Run(_model, _sae, 9, options);
        Assert.True(tree.Root.Depth <= 4);
        foreach (var node in tree.Root.All())
        {
            Assert.True(node.Children.Count <= 3);
            Assert.True(node.Children.Sum(c => c.ConditionalProbability) <= 1 + 1e-12);
            Assert.Equal(node.Children.OrderByDescending(c => c.ConditionalProbability), node.Children);
            Assert.DoesNotContain(node.Children, c => c.TokenId == Placeholder || c.CumulativeProbability < options.Cutoff);
            Assert.All(node.Children, c => Assert.Equal(node.CumulativeProbability * c.ConditionalProbability, c.CumulativeProbability));
        }

        Assert.Equal(tree.Root.Count + 1, tree.Root.All().Count());
        var whole = tree.Root.Definitions(int.MaxValue);
        Assert.True(whole.Sum(w => w.Probability) <= 1 + 1e-12);
    }

    [Theory, InlineData(1), InlineData(5), InlineData(512)]
    public void Run_LeavesAtOnce_DoNotChangeTheTree(int leaves)
    {
        var wanted = DefinitionTree.Run(_model, _sae, 9, Options).Root.All().Select(n => (n.TokenId, n.CumulativeProbability, n.Children.Count)).ToArray();
        Assert.Equal(wanted, DefinitionTree.Run(_model, _sae, 9, Options with { LeavesAtOnce = leaves }).Root.All().Select(n => (n.TokenId, n.CumulativeProbability, n.Children.Count)));
    }

    [Theory, InlineData(1), InlineData(2), InlineData(17)]
    public void Run_MaxNodes_KeepsTheLikeliest(int most)
    {
        var all = DefinitionTree.Run(_model, _sae, 9, Options).Root.All().Skip(1).Select(n => n.CumulativeProbability).OrderDescending().Take(most).ToArray();
        foreach (var leaves in (int[])[1, 3, 32])
        {
            var tree = DefinitionTree.Run(_model, _sae, 9, Options with { MaxNodes = most, LeavesAtOnce = leaves });
            Assert.Equal(DefinitionTreeEnd.TooManyNodes, tree.End);
            Assert.Equal(all, tree.Root.All().Skip(1).Select(n => n.CumulativeProbability).OrderDescending());
        }
    }

    [Fact]
    public void Run_Cancelled_KeepsTheTreeSoFar()
    {
        using var source = new CancellationTokenSource();
        var seen = new List<int>();
        var tree = DefinitionTree.Run(_model, _sae, 9, Options with { LeavesAtOnce = 1 }, new Watch(p =>
        {
            seen.Add(p.Nodes);
            if (seen.Count == 4)
                source.Cancel();
        }), source.Token);
        Assert.Equal(DefinitionTreeEnd.Cancelled, tree.End);
        Assert.Equal(seen[^1], tree.Root.Count);
        Assert.InRange(tree.Root.Count, 4, 12);
        Assert.Contains("cancelled", tree.ToText());
    }

    [Theory, InlineData(true, true), InlineData(false, true), InlineData(true, false)]
    public void Run_FeatureClamped_EqualsRunsOfTheWholeText(bool onPrompt, bool onTree)
    {
        var clamp = Intervention.Clamp(9, 12) with { OnPrompt = onPrompt, OnNewTokens = onTree };
        var options = Options with { MaxDepth = 3, Interventions = [clamp] };
        var tree = DefinitionTree.Run(_model, _sae, 9, options);
        var prompt = Options.PromptTokens!.ToArray();
        int[] positions = [.. Enumerable.Range(0, 20).Where(p => p < prompt.Length ? onPrompt : onTree)];
        var branch = _sae.Intervene(Intervention.Clamp(9, 12) with { Positions = InterventionPositions.At(positions) });
        var ghost = GhostToken.Of(_model, _sae, 9);
        Edit[] edits = [_model.Embedding.Put([.. ghost.Row.Select(v => (float)v)], 2, 4), .. branch.Edits];
        foreach (var child in tree.Root.Children)
        {
            var logits = _model.Run((int[])[.. prompt, child.TokenId!.Value], edit: edits, splice: branch.Splices).LastLogits().Span.ToArray();
            var sum = logits.Select((l, t) => t == Placeholder ? 0 : Math.Exp(l)).Sum();
            Assert.NotEmpty(child.Children);
            Assert.All(child.Children, c => Assert.Equal(Math.Exp(logits[c.TokenId!.Value]) / sum, c.ConditionalProbability, 1e-5));
        }

        var plain = DefinitionTree.Run(_model, _sae, 9, options with { Interventions = [] });
        Assert.NotEqual(plain.Root.Children[0].Children.Select(c => c.ConditionalProbability), tree.Root.Children[0].Children.Select(c => c.ConditionalProbability));
    }

    [Fact]
    public void Ghost_OfMixture_FollowsTheFormula()
    {
        int d = 20, f = 11, features = _tinySae.Shape.DSae;
        static double[] Unit(double[] v)
        {
            var norm = Math.Sqrt(v.Sum(x => x * x));
            return [.. v.Select(x => x / norm)];
        }

        var decoder = Unit(_tinySae.Decoder[(f * d)..((f + 1) * d)]);
        var encoder = Unit([.. Enumerable.Range(0, d).Select(j => _tinySae.Encoder[j * features + f])]);
        var v = Unit([.. decoder.Zip(encoder, (a, b) => 0.75 * a + 0.25 * b)]);
        var parts = EmbeddingStatistics.Of(_model).Components(2);
        var ghost = GhostToken.Of(_model, _sae, f, new() { EncoderShare = 0.25, Scale = 2.5, FromCentroid = false, ComponentWeights = [0.2, -0.1] });
        for (var j = 0; j < d; j++)
            Assert.Equal(2.5 * (0.9 * v[j] + 0.2 * parts[0].Vector[j] - 0.1 * parts[1].Vector[j]), ghost.Row[j], 1e-6);
    }

    [Fact]
    public void Run_EmbeddedPair_FindsAPlaceholderAndDraws()
    {
        var model = EmbeddedPair.Model;
        var tree = DefinitionTree.Run(model, EmbeddedPair.Sae, 863, new() { Cutoff = 0.002 });
        Assert.Equal(tree.Options.Placeholder, tree.PromptTokens[Assert.Single(tree.GhostPositions)]);
        Assert.Equal("A typical definition of \"" + tree.PromptTexts[tree.GhostPositions[0]] + "\" would be \"", model.RequireTokenizer().Decode([.. tree.PromptTokens.Skip(1)]));
        Assert.True(tree.Root.Count > 5);
        Assert.Contains("feature 863", tree.ToText());
        Assert.Contains(VisibleText.Label(tree.Root.Children[0].Text), tree.ToSvg());
        var word = DefinitionTree.Run(model, GhostToken.OfToken(model, tree.Options.Placeholder!.Value), new() { Cutoff = 0.01 });
        Assert.Null(word.Ghost.Feature);
        // The word's own embedding in its own place changes nothing.
        var best = model.Run(tree.PromptTokens.ToArray()).LastLogits().Span;
        Assert.Equal(NextTokens.Likeliest(best, 1, tree.Options.Placeholder!.Value)[0], (word.Root.Children[0].TokenId!.Value, word.Root.Children[0].ConditionalProbability));
    }

    [Fact]
    public void Run_WhatMakesNoSense_IsRefused()
    {
        string Fault(DefinitionTreeOptions options, int feature = 9) => Assert.Throws<AnalysisException>(() => DefinitionTree.Run(_model, _sae, feature, options)).Message;
        Assert.Contains("no feature 53", Fault(Options, 53));
        Assert.Contains("no feature -1", Fault(Options, -1));
        Assert.Contains("Cutoff is 0;", Fault(Options with { Cutoff = 0 }));
        Assert.Contains("Cutoff is 1.5", Fault(Options with { Cutoff = 1.5 }));
        Assert.Contains("Cutoff is NaN", Fault(Options with { Cutoff = double.NaN }));
        Assert.Contains("Branches is 0", Fault(Options with { Branches = 0 }));
        Assert.Contains("MaxDepth is 0", Fault(Options with { MaxDepth = 0 }));
        Assert.Contains("MaxNodes is 0", Fault(Options with { MaxNodes = 0 }));
        Assert.Contains("LeavesAtOnce is 513", Fault(Options with { LeavesAtOnce = 513 }));
        Assert.Contains("does not contain the placeholder", Fault(Options with { Placeholder = 8 }));
        Assert.Contains("say in the option Placeholder", Fault(Options with { Placeholder = null }));
        Assert.Contains("not in the vocabulary", Fault(Options with { Placeholder = 61 }));
        Assert.Contains("fills the context", Fault(Options with { PromptTokens = [.. Enumerable.Repeat(Placeholder, 41)] }));
        Assert.Contains("EncoderShare", Fault(Options with { Ghost = new() { EncoderShare = 1.1 } }));
        Assert.Contains("Scale is 0", Fault(Options with { Ghost = new() { Scale = 0 } }));
        Assert.Contains("not finite", Fault(Options with { Ghost = new() { ComponentWeights = [double.NaN] } }));
        Assert.Contains("no {ghost}", Assert.Throws<AnalysisException>(() => DefinitionTree.Run(EmbeddedPair.Model, EmbeddedPair.Sae, 1, new() { Prompt = "A fox is" })).Message);
        Assert.Contains("does not stay one token", Assert.Throws<AnalysisException>(() => DefinitionTree.Run(EmbeddedPair.Model, EmbeddedPair.Sae, 1, new() { Placeholder = 2, Prompt = "{ghost}" })).Message);
        Assert.Contains("make it for this model", Assert.Throws<AnalysisException>(() => DefinitionTree.Run(_model, GhostToken.OfRow("short", [1, 2]), Options)).Message);
        Assert.Contains("without one", Assert.Throws<AnalysisException>(() => DefinitionTree.Run(_model, GhostToken.OfToken(_model, 4), Options with { Interventions = [Intervention.Zero(1)] })).Message);
        Assert.Contains("NaN", Assert.Throws<AnalysisException>(() => GhostToken.OfRow("nothing", [1, float.NaN])).Message);
    }

    [Fact]
    public void Run_PromptAsLongAsTheContext_GrowsOneToken()
    {
        var tree = DefinitionTree.Run(_model, _sae, 9, Options with { PromptTokens = [.. Enumerable.Repeat(Placeholder, 40)] });
        Assert.Equal(1, tree.Options.MaxDepth);
        Assert.Equal(1, tree.Root.Depth);
        Assert.Equal(12, DefinitionTree.Run(_model, _sae, 9, Options with { Cutoff = 0, Branches = 1, MaxDepth = 12 }).Root.Depth);
    }

    private sealed class Watch(Action<DefinitionTreeProgress> seen) : IProgress<DefinitionTreeProgress>
    {
        public void Report(DefinitionTreeProgress value) => seen(value);
    }
}
