using FeatureInterp.Analysis;
using FeatureInterp.Models;
using FeatureInterp.Saes;
using FeatureInterp.Tensors;

namespace FeatureInterp.Tests;

/// <summary>Token changes on the embedded pair, against whole runs one after another and their mean in double precision.</summary>
public class TokenChangeTests
{
    private const int Feature = 754;
    private static readonly Transformer Model = EmbeddedPair.Model;
    private static readonly SparseAutoencoder Sae = EmbeddedPair.Sae;

    private static readonly int[][] Rows =
        [Model.RequireTokenizer().ToTokens("\"COME BACK!\" he cried"), Model.RequireTokenizer().ToTokens("The old fox was not able to wait.")];

    private static Tensor Twin(IReadOnlyList<ISplice>? cleanSplice, IReadOnlyList<ISplice>? splice, string hook, int index, float value, bool skipFirst, bool probabilities = false)
    {
        var (sums, count) = (new double[Model.Config.VocabSize], 0);
        foreach (var row in Rows)
        {
            IEnumerable<Edit> edits = skipFirst ? Enumerable.Range(1, row.Length - 1).Select(p => Hook.Set(hook, value, position: p, index: index)) : [Hook.Set(hook, value, index: index)];
            var clean = Model.Run(row, splice: cleanSplice).Logits[0];
            var clamped = Model.Run(row, edit: [.. edits], splice: splice).Logits[0];
            for (var p = skipFirst ? 1 : 0; p < row.Length; p++, count++)
            {
                double[] before = Values(clean.Row(p), probabilities), after = Values(clamped.Row(p), probabilities);
                for (var t = 0; t < sums.Length; t++)
                    sums[t] += after[t] - before[t];
            }
        }

        return new Tensor(Array.ConvertAll(sums, s => (float)(s / count)), sums.Length);
    }

    private static double[] Values(ReadOnlySpan<float> logits, bool probabilities)
    {
        double[] values = [.. logits.ToArray().Select(l => (double)l)];
        if (!probabilities)
            return values;
        var sum = values.Sum(Math.Exp);
        return Array.ConvertAll(values, v => Math.Exp(v) / sum);
    }

    [Theory, InlineData(true, true), InlineData(true, false), InlineData(false, true), InlineData(false, false)]
    public void Run_Feature_EqualsWholeRuns(bool errorTerm, bool exclude)
    {
        var result = TokenChange.Run(Model, Unit.Feature(Sae, Feature), Rows, new() { Value = 40, ErrorTerm = errorTerm, ExcludeSpecialTokens = exclude });
        ISplice[] splice = [Sae.Splice(errorTerm)];
        Golden.AssertClose("up", Twin(errorTerm ? null : splice, splice, Sae.FeaturesHook, Feature, 40, exclude), result.Positive.Mean, 1e-3);
        Golden.AssertClose("down", Twin(errorTerm ? null : splice, splice, Sae.FeaturesHook, Feature, -40, exclude), result.Negative.Mean, 1e-3);
        Assert.Equal(Rows.Sum(r => r.Length) - (exclude ? 2 : 0), result.Tokens);
        Assert.Equal(result.Positive.Mean.Span.ToArray().Max(), result.Positive.Top[0].Score);
        Assert.Equal(result.Negative.Mean.Span.ToArray().Min(), result.Negative.Bottom[0].Score);
    }

    [Fact]
    public void Run_Neuron_EqualsWholeRuns()
    {
        var result = TokenChange.Run(Model, Unit.Neuron(4, 7), Rows, new() { Value = 5, Measure = TokenChangeMeasure.Probability });
        Golden.AssertClose("up", Twin(null, null, "blocks.4.mlp.hook_post", 7, 5, skipFirst: true, probabilities: true), result.Positive.Mean, 1e-3);
    }

    [Fact]
    public void Run_NoValue_TakesTheLargestActivationOnThePrompts()
    {
        var result = TokenChange.Run(Model, Unit.Feature(Sae, Feature), Rows, new() { Strength = 2 });
        var largest = Rows.Max(r => FeatureMap.Run(Model, Sae, r, new() { Features = [Feature] })[Feature].Skip(1).Max());
        Assert.True(largest > 0);
        Assert.Equal(largest, result.LargestActivation!.Value, 1e-4f * largest);
        Assert.Equal(2 * largest, result.Value, 1e-3f * largest);
        Assert.Contains("largest activation there", result.ToString(), StringComparison.Ordinal);
        Assert.StartsWith("<svg", result.ToDisplay().ToSvg(), StringComparison.Ordinal);
        Assert.Equal(result.DescriptionTokens.Distinct(), result.DescriptionTokens);
    }

    // Python 3: random.seed is another initialisation, but the twister is the same; MT19937 of seed 1 begins 1791095845, 4282876139, 3093770124, 4005303368.
    [Fact]
    public void Run_Seeded_IsARunOfTheRowsDrawn()
    {
        var unit = Unit.Feature(Sae, Feature);
        int[][] corpus = [.. Rows, [2, 300, 301, 302]];
        uint[] first = [1791095845, 4282876139, 3093770124, 4005303368];
        int[][] drawn = [.. first.Select(n => corpus[n % 3])];
        var seeded = TokenChange.Run(Model, unit, corpus, new() { Value = 20, Rows = 4, Seed = 1 });
        Assert.Equal(TokenChange.Run(Model, unit, drawn, new() { Value = 20 }).Positive.Mean.Span.ToArray(), seeded.Positive.Mean.Span.ToArray());
        Assert.Equal((4, 1L), (seeded.Rows, seeded.Provenance.Seed));
        Assert.Contains("no text", Assert.Throws<AnalysisException>(() => TokenChange.Run(Model, unit, (int[][])[], new() { Seed = 1 })).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void InputMetric_BeforeActivation_IsTheValueTheFunctionGets()
    {
        string[] positive = ["He cried: COME BACK HOME!"], negative = ["He went home."];
        var feature = InputMetric.Run(Model, Unit.Feature(Sae, Feature), positive, negative, new() { BeforeActivation = true });
        var site = Sae.Config.Hook + ".hook_sae_acts_pre";
        var wanted = Model.Run(negative, capture: site, splice: [Sae.Splice()]).Activations[site][0];
        Assert.Equal(Enumerable.Range(0, wanted.Shape[0]).Select(i => wanted[i, Feature]), feature.Negative[0].Values);
        Assert.Contains(feature.Negative[0].Values, v => v < 0);
        var neuron = InputMetric.Run(Model, Unit.Neuron(4, 7), positive, negative, new() { BeforeActivation = true });
        var pre = Model.Run(negative, capture: "blocks.4.mlp.hook_pre").Activations["blocks.4.mlp.hook_pre"][0];
        Assert.Equal(Enumerable.Range(0, pre.Shape[0]).Select(i => pre[i, 7]), neuron.Negative[0].Values);
    }

    [Fact]
    public void Run_Progress_EndsWithEveryRow()
    {
        var told = new List<CorpusProgress>();
        TokenChange.Run(Model, Unit.Feature(Sae, Feature), Rows, new() { Value = 1 }, new TopActivationsTwinTests.Told(told.Add));
        Assert.Equal((2, 2), (told[^1].Rows, told[^1].RowsTotal));
    }

    [Fact]
    public void Run_BadInput_IsRefusedInASentence()
    {
        var unit = Unit.Feature(Sae, Feature);
        void Refused(string part, Action run) => Assert.Contains(part, Assert.Throws<AnalysisException>(run).Message, StringComparison.Ordinal);
        Refused("never fires", () => TokenChange.Run(Model, unit, (int[][])[Model.RequireTokenizer().ToTokens("the old fox")]));
        Refused("Value is NaN", () => TokenChange.Run(Model, unit, Rows, new() { Value = float.NaN }));
        Refused("Strength is 0", () => TokenChange.Run(Model, unit, Rows, new() { Strength = 0 }));
        Refused("no text", () => TokenChange.Run(Model, unit, (int[][])[]));
        Refused("special tokens only", () => TokenChange.Run(Model, unit, (int[][])[[2]], new() { Value = 1 }));
        Refused("no feature 9999", () => Unit.Feature(Sae, 9999));
        Refused("no neuron L0N768", () => TokenChange.Run(Model, Unit.Neuron(0, 768), Rows, new() { Value = 1 }));
        using var stopped = new CancellationTokenSource();
        stopped.Cancel();
        Assert.Throws<OperationCanceledException>(() => TokenChange.Run(Model, unit, Rows, new() { Value = 1 }, cancellation: stopped.Token));
    }

    [Fact]
    public void InputMetric_FeatureOfCapitals_TellsShoutingApart()
    {
        string[] shouting = ["He cried: COME BACK HOME!", "STOP AT ONCE"], quiet = ["He went home.", "It was raining."];
        var result = InputMetric.Run(Model, Unit.Feature(Sae, Feature), shouting, quiet);
        Assert.True(result.Success);
        Assert.Equal(1, result.Auroc);
        foreach (var s in result.Positive.Concat(result.Negative))
        {
            var map = FeatureMap.Run(Model, Sae, s.Text, new() { Features = [Feature] });
            Assert.Equal(map[Feature].Skip(1).Max(), s.Max, 1e-3f);
        }

        Assert.False(InputMetric.Run(Model, Unit.Feature(Sae, Feature), quiet, quiet).Success);
        Assert.Contains("a success", result.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void InputMetric_BadInput_IsRefusedInASentence()
    {
        var unit = Unit.Feature(Sae, Feature);
        Assert.Contains("no negative sentence", Assert.Throws<AnalysisException>(() => InputMetric.Run(Model, unit, ["a"], [])).Message, StringComparison.Ordinal);
        Assert.Contains("no token that is text", Assert.Throws<AnalysisException>(() => InputMetric.Run(Model, unit, [""], ["a"])).Message, StringComparison.Ordinal);
        Assert.Contains("PadRight", Assert.Throws<AnalysisException>(() => InputMetric.Run(Model, unit, ["a"], ["b"], new() { PadRight = true })).Message, StringComparison.Ordinal);
    }
}
