using FeatureInterp.Analysis;

namespace FeatureInterp.Tests;

/// <summary>The divergence and its search against the notebook's functions, when the goldens are there.</summary>
public class KlTargetGoldenTests
{
    // The margin below which the search may take another turn by rounding.
    private const double Margin = 1e-4;

    [Theory, InlineData("gemma2"), InlineData("gpt2")]
    public void Meter_FixedValues_EqualTheNotebook(string name)
    {
        var g = OutputCentricGolden.Of(name);
        foreach (var entry in g.Json.GetProperty("kl_target").GetProperty("fixed_values").EnumerateArray())
        {
            var meter = new KlMeter(g.Model, g.Unit(OutputCentricGolden.Label(entry)), KlTargetOptions.Notebook, default);
            Assert.Equal(g.Golden.Tokens(name + ".kl.tokens"), meter.Prompts);
            var wanted = entry.GetProperty("kl").GetDouble();
            Assert.Equal(wanted, meter.At([entry.GetProperty("value").GetDouble()])[0], 2e-5 + 1e-4 * wanted);
        }
    }

    [Theory, InlineData("gemma2"), InlineData("gpt2")]
    public void Run_IntegerBisection_TakesTheNotebooksSteps(string name)
    {
        var g = OutputCentricGolden.Of(name);
        var compared = 0;
        foreach (var entry in g.Json.GetProperty("kl_target").GetProperty("searches").EnumerateArray())
        {
            if (entry.GetProperty("margin").GetDouble() < Margin)
                continue;
            var target = entry.GetProperty("target").GetDouble();
            var result = KlTarget.Run(g.Model, g.Unit(OutputCentricGolden.Label(entry)), Math.Abs(target), KlTargetOptions.Notebook with { Negative = target < 0 });
            Assert.Equal(entry.GetProperty("value").GetInt32(), result.Value);
            Assert.Equal(entry.GetProperty("converged").GetBoolean(), result.Converged);
            Assert.Equal(entry.GetProperty("iterates").EnumerateArray().Select(s => s[0].GetInt32()), result.Steps.Select(s => (int)s.Value));
            compared++;
        }

        Assert.True(compared >= 28, $"only {compared} searches were compared");
    }

    [Theory, InlineData("gemma2"), InlineData("gpt2")]
    public void Run_LogBracket_ReachesEveryTargetThatTheNotebookReached(string name)
    {
        var g = OutputCentricGolden.Of(name);
        foreach (var entry in g.Json.GetProperty("kl_target").GetProperty("searches").EnumerateArray().Where(e => e.GetProperty("converged").GetBoolean()))
        {
            var target = entry.GetProperty("target").GetDouble();
            var unit = g.Unit(OutputCentricGolden.Label(entry));
            var options = KlTargetOptions.Notebook with { Negative = target < 0, Search = KlSearch.LogBracket };
            var result = KlTarget.Run(g.Model, unit, Math.Abs(target), options);
            Assert.True(result.Converged, result.ToString());
            Assert.Equal(Math.Abs(target), result.Kl, 0.0101 * Math.Abs(target));
            Assert.Equal(target < 0, result.Value < 0);
            Assert.Equal(result.Kl, new KlMeter(g.Model, unit, options, default).At([result.Value])[0], 1e-6);
        }
    }
}
