using FeatureInterp.Analysis;
using FeatureInterp.Models;
using FeatureInterp.Saes;

namespace FeatureInterp.Tests;

/// <summary>The search for a divergence on the embedded pair, against divergences of whole runs in double precision.</summary>
public class KlTargetTests
{
    private static readonly Transformer Model = EmbeddedPair.Model;
    private static readonly SparseAutoencoder Sae = EmbeddedPair.Sae;

    private static double Twin(float value, int feature, bool errorTerm)
    {
        var total = 0.0;
        foreach (var prompt in new KlTargetOptions().Prompts)
        {
            var clean = Model.Run(prompt, splice: [Sae.Splice(errorTerm)]).Logits[0];
            var clamped = Model.Run(prompt, edit: [Hook.Set(Sae.FeaturesHook, value, index: feature)], splice: [Sae.Splice(errorTerm)]).Logits[0];
            var sum = 0.0;
            for (var i = 0; i < clean.Shape[0]; i++)
            {
                double[] p = Probabilities(clean.Row(i)), q = Probabilities(clamped.Row(i));
                sum += p.Zip(q, (a, b) => a * Math.Log(a / b)).Sum();
            }

            total += sum / clean.Shape[0];
        }

        return total / 3;
    }

    private static double[] Probabilities(ReadOnlySpan<float> logits)
    {
        double[] weights = [.. logits.ToArray().Select(l => Math.Exp(l))];
        var sum = weights.Sum();
        return Array.ConvertAll(weights, w => Math.Max(1e-10, w / sum));
    }

    [Theory, InlineData(0.25, false, true), InlineData(0.5, true, true), InlineData(0.25, false, false)]
    public void Run_Feature_ReachesTheTarget(double target, bool negative, bool errorTerm)
    {
        var told = new List<KlStep>();
        var result = KlTarget.Run(Model, Unit.Feature(Sae, 754), target, new() { Negative = negative, ErrorTerm = errorTerm }, new Sink(told.Add));
        Assert.True(result.Converged, result.ToString());
        Assert.Equal(negative, result.Value < 0);
        Assert.Equal(target, Twin((float)result.Value, 754, errorTerm), 0.011 * target);
        Assert.Equal(result.Steps, told);
        Assert.InRange(result.Steps.Count, 1, 10);
        Assert.StartsWith("<svg", result.Chart().ToSvg(), StringComparison.Ordinal);
    }

    [Fact]
    public void Meter_SeveralValues_AreThoseOneByOne()
    {
        var meter = new KlMeter(Model, Unit.Feature(Sae, 754), new KlTargetOptions(), default);
        double[] values = [-30, 0.5, 60, 700];
        var together = meter.At(values);
        for (var i = 0; i < values.Length; i++)
        {
            Assert.Equal(Twin((float)values[i], 754, errorTerm: true), together[i], 1e-4 + 1e-3 * together[i]);
            Assert.Equal(meter.At([values[i]])[0], together[i], 1e-5 + 1e-4 * together[i]);
        }
    }

    [Theory, InlineData(KlSearch.LogBracket), InlineData(KlSearch.IntegerBisection)]
    public void Run_TargetOutOfReach_SaysHowFarItCame(KlSearch search)
    {
        var result = KlTarget.Run(Model, Unit.Feature(Sae, 754), 1000, new() { Search = search });
        Assert.False(result.Converged);
        Assert.Equal(result.Steps.Max(s => s.Kl), result.HighestReached);
        Assert.Contains("was not reached", result.ToString(), StringComparison.Ordinal);
        if (search == KlSearch.IntegerBisection)
            Assert.Equal([500, 750, 875, 937, 968, 984, 992, 996, 998, 999], result.Steps.Select(s => (int)s.Value));
        else
            Assert.Equal((0.1, 10_000), (Math.Round(result.Steps.Min(t => t.Value), 6), Math.Round(result.Steps.Max(t => t.Value), 6)));
    }

    [Fact]
    public void Run_BadInput_IsRefusedInASentence()
    {
        var unit = Unit.Feature(Sae, 754);
        Assert.Contains("target is -0.25", Assert.Throws<AnalysisException>(() => KlTarget.Run(Model, unit, -0.25)).Message, StringComparison.Ordinal);
        Assert.Contains("target is NaN", Assert.Throws<AnalysisException>(() => KlTarget.Run(Model, unit, double.NaN)).Message, StringComparison.Ordinal);
        Assert.Contains("no prompt", Assert.Throws<AnalysisException>(() => KlTarget.Run(Model, unit, 1, new() { Prompts = [] })).Message, StringComparison.Ordinal);
        Assert.Contains("Tolerance is 0", Assert.Throws<AnalysisException>(() => KlTarget.Run(Model, unit, 1, new() { Tolerance = 0 })).Message, StringComparison.Ordinal);
        Assert.Contains("range above 0", Assert.Throws<AnalysisException>(() => KlTarget.Run(Model, unit, 1, new() { Least = 5, Most = 2 })).Message, StringComparison.Ordinal);
    }

    private sealed class Sink(Action<KlStep> tell) : IProgress<KlStep>
    {
        public void Report(KlStep value) => tell(value);
    }
}
