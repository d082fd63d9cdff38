using FeatureInterp.Analysis;
using FeatureInterp.Tensors;

namespace FeatureInterp.Tests;

/// <summary>Token changes and the input metric against the notebook's functions, when the goldens are there.</summary>
public class TokenChangeGoldenTests
{
    private const double Tie = 1e-4;

    [Theory, InlineData("gemma2"), InlineData("gpt2")]
    public void Run_AsNotebook_EqualsItsMeansAndLists(string name)
    {
        var g = OutputCentricGolden.Of(name);
        var prompts = g.Golden.Tokens(name + ".tokenchange.prompts");
        var ordered = 0;
        foreach (var entry in g.Entries("token_change"))
        {
            var label = OutputCentricGolden.Label(entry);
            var value = entry.GetProperty("value").GetInt32();
            var result = TokenChange.Run(g.Model, g.Unit(label), prompts, TokenChangeOptions.Notebook with { Value = value });
            Assert.Equal(prompts.Sum(p => p.Length), result.Tokens);
            Golden.AssertClose($"{label} +{value}", g.Golden[$"{name}.tokenchange.{label}.value{value}.pos"], result.Positive.Mean, 2e-4);
            Golden.AssertClose($"{label} -{value}", g.Golden[$"{name}.tokenchange.{label}.value{value}.neg"], result.Negative.Mean, 2e-4);
            if (entry.GetProperty("gap_at_10").GetDouble() < Tie)
                continue;
            ordered++;
            Assert.Equal(OutputCentricGolden.Ids(entry.GetProperty("pos_top10")).Order(), result.Positive.Top.Select(t => t.Token).Order());
            Assert.Equal(OutputCentricGolden.Ids(entry.GetProperty("pos_bottom10")).Order(), result.Positive.Bottom.Select(t => t.Token).Order());
            Assert.Equal(OutputCentricGolden.Ids(entry.GetProperty("neg_top10")).Order(), result.Negative.Top.Select(t => t.Token).Order());
            Assert.Equal(OutputCentricGolden.Ids(entry.GetProperty("neg_bottom10")).Order(), result.Negative.Bottom.Select(t => t.Token).Order());
            Assert.Equal(OutputCentricGolden.Texts(entry.GetProperty("prompt_list_sorted")).Order(StringComparer.Ordinal), result.DescriptionTokens.Order(StringComparer.Ordinal));
        }

        Assert.True(ordered >= 8, $"only {ordered} lists were compared");
    }

    [Theory, InlineData("gemma2"), InlineData("gpt2")]
    public void Run_Seeded_DrawsTheNotebooksRows(string name)
    {
        var g = OutputCentricGolden.Of(name);
        var drawn = OutputCentricGolden.Ids(g.Json.GetProperty("token_change").GetProperty("rows_drawn"));
        var prompts = g.Golden.Tokens(name + ".tokenchange.prompts");
        int[][] corpus = [.. Enumerable.Range(0, 48).Select(r => Array.IndexOf(drawn, r) is >= 0 and var at ? prompts[at] : [g.Json.GetProperty("bos").GetInt32()])];
        var entry = g.Entries("token_change").First();
        var value = entry.GetProperty("value").GetInt32();
        var label = OutputCentricGolden.Label(entry);
        var result = TokenChange.Run(g.Model, g.Unit(label), corpus, TokenChangeOptions.Notebook with { Value = value, Seed = g.Json.TryGetProperty("seed", out var seed) ? seed.GetUInt32() : 1 });
        Assert.Equal(1, result.Provenance.Seed);
        Golden.AssertClose(label, g.Golden[$"{name}.tokenchange.{label}.value{value}.pos"], result.Positive.Mean, 2e-4);
    }

    [Theory, InlineData("gemma2"), InlineData("gpt2")]
    public void InputMetric_EveryTokenAndBeforeActivation_EqualsTheNotebook(string name)
    {
        var g = OutputCentricGolden.Of(name);
        string[] positive = OutputCentricGolden.Texts(g.Json.GetProperty("input_metric").GetProperty("positive"));
        string[] negative = OutputCentricGolden.Texts(g.Json.GetProperty("input_metric").GetProperty("negative"));
        foreach (var entry in g.Entries("input_metric"))
        {
            var label = OutputCentricGolden.Label(entry);
            var unit = g.Unit(label);
            var result = InputMetric.Run(g.Model, unit, positive, negative, InputMetricOptions.Notebook);
            foreach (var (side, found) in ((string, IReadOnlyList<SentenceActivation>)[])[("positive", result.Positive), ("negative", result.Negative)])
            {
                var values = found.SelectMany(s => s.Values).ToArray();
                Golden.AssertClose($"{label} {side}", g.Golden[$"{name}.input.{label}.{side}.acts"], new Tensor(values, values.Length), 1e-4);
            }

            // The notebook has no such value of a neuron and takes the one after the activation function.
            var before = InputMetric.Run(g.Model, unit, positive, negative, InputMetricOptions.Notebook with { BeforeActivation = unit.Sae is not null });
            var wanted = entry.GetProperty("pre_activation").GetProperty("value").EnumerateArray().Select(v => v.GetDouble()).ToArray();
            double[] measured = [before.PositiveMax, before.NegativeMax, before.PositiveMean, before.NegativeMean];
            for (var i = 0; i < wanted.Length; i++)
                Assert.Equal(wanted[i], measured[i], 1e-3);
        }
    }

    [Theory, InlineData("gemma2"), InlineData("gpt2")]
    public void InputMetric_BothForms_EqualTheNotebook(string name)
    {
        var g = OutputCentricGolden.Of(name);
        string[] positive = OutputCentricGolden.Texts(g.Json.GetProperty("input_metric").GetProperty("positive"));
        string[] negative = OutputCentricGolden.Texts(g.Json.GetProperty("input_metric").GetProperty("negative"));
        foreach (var entry in g.Entries("input_metric"))
        {
            var unit = g.Unit(OutputCentricGolden.Label(entry));
            double Wanted(string property) => entry.GetProperty(property).GetDouble();
            var asNotebook = InputMetric.Run(g.Model, unit, positive, negative, InputMetricOptions.Notebook);
            Assert.Equal(Wanted("pos_act_max_all"), asNotebook.PositiveMax, 1e-3);
            Assert.Equal(Wanted("neg_act_max_all"), asNotebook.NegativeMax, 1e-3);
            Assert.Equal(Wanted("pos_act_max_toks"), asNotebook.PositiveMean, 1e-3);
            Assert.Equal(Wanted("neg_act_max_toks"), asNotebook.NegativeMean, 1e-3);
            Assert.Equal(entry.GetProperty("success").GetBoolean(), asNotebook.Success);

            var text = InputMetric.Run(g.Model, unit, positive, negative);
            Assert.Equal(entry.GetProperty("success_without_bos_and_padding").GetBoolean(), text.Success);
            foreach (var (list, found) in ((string, IReadOnlyList<SentenceActivation>)[])[("positive", text.Positive), ("negative", text.Negative)])
            {
                var wanted = entry.GetProperty(list).GetProperty("max_per_sentence_without_bos_and_padding").EnumerateArray().Select(v => v.GetDouble()).ToArray();
                for (var s = 0; s < wanted.Length; s++)
                    Assert.Equal(wanted[s], found[s].Max, 1e-3);
            }
        }
    }
}
