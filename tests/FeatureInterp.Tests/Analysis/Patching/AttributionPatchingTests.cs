using FeatureInterp.Analysis;
using FeatureInterp.Models;

namespace FeatureInterp.Tests;

/// <summary>Attribution patching against difference quotients of the twin, and beside the patches themselves.</summary>
public sealed class AttributionPatchingTests : IDisposable
{
    private static readonly LogitMetric Difference = LogitMetric.LogitDifference(1, 0);

    private readonly TinyModel _tiny = new(new TinyShape { Eps = 1e-3 });
    private readonly int[] _clean, _corrupted;

    public AttributionPatchingTests() => (_clean, _corrupted) = (_tiny.Prompt(6, 1), _tiny.Prompt(6, 2));

    public static TheoryData<HookSite, PatchAxes> Grids => ActivationPatchingTests.Grids;

    public void Dispose() => _tiny.Dispose();

    // How fast the metric changes where the corrupted piece sets out for the clean one.
    [Theory, MemberData(nameof(Grids))]
    public void Run_EachPatch_IsTheTwinsDifferenceQuotient(HookSite site, PatchAxes axes)
    {
        var result = AttributionPatching.Run(_tiny.Load(), _clean, _corrupted, Difference, site, new() { Axes = axes, Processing = WeightProcessing.None, Layers = [1] }).Estimate;
        var name = new HookPoint(site, 1).ToString();
        double[] from = Values(_corrupted, name), to = Values(_clean, name);
        Assert.Equal(Metric(_corrupted), result.CorruptedValue, 1e-4);
        Assert.Equal(Metric(_clean), result.CleanValue, 1e-4);
        var patches = result.Values.Length;
        for (var i = 0; i < patches; i += Math.Max(1, patches / 5))
        {
            var (head, position) = axes switch
            {
                PatchAxes.LayerPosition => (-1, i),
                PatchAxes.LayerHead => (i, -1),
                _ => (i / 6, i % 6),
            };
            double Along(double step) => Metric(_corrupted, (hook, value) =>
            {
                for (var v = 0; hook == name && v < value.Values.Length; v++)
                    value.Values[v] += IsIn(value.Shape, v, site, head, position) ? step * (to[v] - from[v]) : 0;
            });
            var wanted = (Along(1e-5) - Along(-1e-5)) / 2e-5;
            Assert.Equal(wanted, result.Values.Span[i] - result.CorruptedValue, 2e-4 * Math.Abs(wanted) + 2e-5);
        }
    }

    [Fact]
    public void Run_SeveralPrompts_AreTheMean()
    {
        var model = _tiny.Load();
        int[][] clean = [_clean, _tiny.Prompt(6, 3)], corrupted = [_corrupted, _tiny.Prompt(6, 4)];
        var both = AttributionPatching.Run(model, clean, corrupted, Difference, HookSite.AttnOut).Estimate;
        var alone = Enumerable.Range(0, 2).Select(p => AttributionPatching.Run(model, clean[p], corrupted[p], Difference, HookSite.AttnOut).Estimate).ToArray();
        for (var i = 0; i < both.Values.Length; i++)
            Assert.Equal((alone[0].Values.Span[i] + alone[1].Values.Span[i]) / 2, both.Values.Span[i], 1e-4);
    }

    // Nothing but the norm and the logits' cap lies between the last block's output and the metric, and only the last position counts.
    [Fact]
    public void Against_Patches_SetsBothSideBySide()
    {
        var model = _tiny.Load();
        var estimate = AttributionPatching.Run(model, _clean, _corrupted, Difference, HookSite.ResidPost, new() { Layers = [2] });
        var exact = ActivationPatching.Run(model, _clean, _corrupted, Metric2, HookSite.ResidPost, new() { Layers = [2] });
        var both = estimate.Against(exact);
        Assert.Equal(6, both.Effects.Count);
        Assert.StartsWith("layer 2 position 3", both.Effects[3].Name, StringComparison.Ordinal);
        Assert.All(both.Effects.Take(5), e => Assert.Equal(0, e.Predicted, 1e-5));
        Assert.All(both.Effects.Take(5), e => Assert.Equal(0, e.Actual, 1e-5));
        Assert.Equal(exact.CleanValue - exact.CorruptedValue, both.Effects[5].Actual, 1e-4);
        Assert.Throws<AnalysisException>(() => estimate.Against(ActivationPatching.Run(model, _clean, _corrupted, Metric2, HookSite.ResidPost)));
    }

    [Fact]
    public void Run_BadInput_IsRefused()
    {
        var model = _tiny.Load();
        Assert.Throws<AnalysisException>(() => AttributionPatching.Run(model, _clean, _corrupted[..5], Difference));
        Assert.Throws<AnalysisException>(() => AttributionPatching.Run(model, _clean, _corrupted, Difference, HookSite.Embed));
        Assert.Throws<AnalysisException>(() => AttributionPatching.Run(model, _clean, _corrupted, Difference, options: new() { Layers = [3] }));
    }

    private static Metric Metric2 => Analysis.Metric.LogitDifference(1, 0);

    private static bool IsIn(int[] shape, int index, HookSite site, int head, int position)
    {
        if (site == HookSite.Pattern)                                   // [head, query, key]
            return (head < 0 || index / (shape[1] * shape[2]) == head) && (position < 0 || index / shape[2] % shape[1] == position);
        var width = shape[1..].Aggregate(1, (a, b) => a * b);
        return (position < 0 || index / width == position) && (head < 0 || index / shape[^1] % shape[1] == head);
    }

    private double[] Values(int[] tokens, string name)
    {
        var twin = new ModelTwin(_tiny);
        twin.Run(tokens);
        return twin.Hooks[name].Values;
    }

    private double Metric(int[] tokens, Action<string, TwinValue>? edit = null) =>
        GradientTwin.LogitDifference(new ModelTwin(_tiny) { Edit = edit }.Run(tokens), tokens, _tiny.Shape.Vocab);
}
