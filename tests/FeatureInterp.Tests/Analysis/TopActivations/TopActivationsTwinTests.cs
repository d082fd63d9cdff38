using FeatureInterp.Analysis;
using FeatureInterp.Models;
using FeatureInterp.Saes;

namespace FeatureInterp.Tests;

/// <summary>The pass on made-up models and SAEs, against every activation sorted by hand. The SAE's numbers come from its twin in double.</summary>
public sealed class TopActivationsTwinTests : IDisposable
{
    private readonly TinyModel _tiny = new();

    public void Dispose() => _tiny.Dispose();

    private sealed record Found(double Value, int Row, int Position);

    private int[][] Rows(int count = 9) => [.. Enumerable.Range(0, count).Select(r => _tiny.Prompt(3 + 4 * r % 17, seed: r))];

    // [row][pos][feature], from the whole run's hook.
    private static double[][][] Acts(TinySae tiny, Transformer model, int[][] rows)
    {
        var twin = new SaeTwin(tiny);
        return [.. rows.Select(row =>
        {
            var x = model.Run(row, capture: tiny.Shape.Hook).Activations[tiny.Shape.Hook][0];
            var width = x.Length / row.Length;
            return Enumerable.Range(0, row.Length).Select(p => twin.Run([.. x.Span.Slice(p * width, width).ToArray().Select(v => (double)v)]).Acts).ToArray();
        })];
    }

    private static Found[] Sorted(double[][][] acts, int feature, int k, bool onePerRow = false)
    {
        var all = acts.SelectMany((row, r) => row.Select((a, p) => new Found(a[feature], r, p))).Where(f => f.Value > 0).OrderByDescending(f => f.Value);
        return [.. (onePerRow ? all.DistinctBy(f => f.Row) : all).Take(k)];
    }

    private static void AssertExamples(Found[] wanted, FeatureActivations found)
    {
        Assert.Equal(wanted.Select(w => (w.Row, w.Position)), found.Examples.Select(e => (e.Row, e.Position)));
        for (var i = 0; i < wanted.Length; i++)
            Assert.Equal(wanted[i].Value, found.Examples[i].Value, 1e-3);
    }

    [Theory]
    [InlineData("blocks.1.hook_resid_post", 20, "none")]
    [InlineData("blocks.0.hook_resid_pre", 20, "none")]
    [InlineData("blocks.2.hook_resid_pre", 20, "none")]
    [InlineData("blocks.2.hook_resid_post", 20, "none")]
    [InlineData("blocks.1.hook_mlp_out", 20, "none")]
    [InlineData("blocks.1.attn.hook_z", 24, "hook_z")]
    [InlineData("hook_embed", 20, "none")]
    [InlineData("ln_final.hook_normalized", 20, "none")]
    public void Run_EachKindOfHook_FindsWhatSortingEverythingFinds(string hook, int width, string reshape)
    {
        using var tiny = new TinySae(new() { Architecture = "standard", Hook = hook, DIn = width, Reshape = reshape });
        var (model, sae, rows) = (_tiny.Load(), tiny.Load(), Rows());
        var acts = Acts(tiny, model, rows);
        var result = TopActivations.Run(model, sae, rows, new() { Examples = 4 });

        Assert.Equal(tiny.Shape.DSae, result.Features.Count);
        Assert.Equal((rows.Length, rows.Sum(r => r.Length), 0), (result.Rows, result.Tokens, result.Excluded));
        for (var f = 0; f < tiny.Shape.DSae; f++)
        {
            var fired = acts.Sum(row => row.Count(a => a[f] > 0));
            Assert.Equal((f, fired), (result[f].Feature, result[f].Fired));
            Assert.Equal(fired / (double)result.Tokens, result[f].Density, 12);
            Assert.Equal(acts.Max(row => row.Max(a => a[f])), result[f].Max, 1e-3);
            Assert.Equal(fired, result[f].Histogram.Total);
            AssertExamples(Sorted(acts, f, 4), result[f]);
        }

        Assert.Equal(acts.Sum(row => row.Sum(a => a.Count(v => v > 0))) / (double)result.Tokens, result.L0, 9);
    }

    [Fact]
    public void Run_ChosenFeatures_EqualsThoseOfAll()
    {
        using var tiny = new TinySae();
        var (model, sae, rows) = (_tiny.Load(), tiny.Load(), Rows());
        int[] chosen = [41, 3, 17];
        var acts = Acts(tiny, model, rows);
        var result = TopActivations.Run(model, sae, rows, new() { Features = chosen, Examples = 3 });
        Assert.Equal(chosen, result.Features.Select(f => f.Feature));
        Assert.False(result.Every);
        Assert.All(chosen, f => AssertExamples(Sorted(acts, f, 3), result[f]));
        Assert.All(chosen, f => Assert.Equal(acts.Sum(row => row.Count(a => a[f] > 0)), result[f].Fired));
    }

    [Fact]
    public void Run_OnePerRow_KeepsEachRowsLargest()
    {
        using var tiny = new TinySae(new() { Architecture = "standard" });
        var (model, sae, rows) = (_tiny.Load(), tiny.Load(), Rows());
        var acts = Acts(tiny, model, rows);
        var result = TopActivations.Run(model, sae, rows, new() { Examples = 5, OnePerRow = true });
        foreach (var f in result.Features)
        {
            AssertExamples(Sorted(acts, f.Feature, 5, onePerRow: true), f);
            Assert.Equal(acts.Sum(row => row.Count(a => a[f.Feature] > 0)), f.Fired);
        }
    }

    [Fact]
    public void Run_Window_HoldsTheTokensAroundAndTheirActivations()
    {
        using var tiny = new TinySae(new() { Architecture = "standard" });
        var (model, sae, rows) = (_tiny.Load(), tiny.Load(), Rows());
        var acts = Acts(tiny, model, rows);
        foreach (var f in TopActivations.Run(model, sae, rows, new() { Before = 3, After = 2 }).Features)
        {
            foreach (var e in f.Examples)
            {
                var row = rows[e.Row];
                Assert.Equal(Math.Max(0, e.Position - 3), e.Start);
                Assert.Equal(row[e.Start..Math.Min(row.Length, e.Position + 3)], e.Tokens);
                for (var i = 0; i < e.Values.Count; i++)
                    Assert.Equal(acts[e.Row][e.Start + i][f.Feature], e.Values[i], 1e-3);
                Assert.Equal(string.Concat(e.TokenTexts), e.Prefix + e.Token + e.Suffix);
                Assert.Equal($"⟨{row[e.Position]}⟩", e.Token);
            }
        }
    }

    [Fact]
    public void Run_AnyBatch_GivesTheSame()
    {
        using var tiny = new TinySae();
        var (model, sae, rows) = (_tiny.Load(), tiny.Load(), Rows());
        string Told(int tokens) => string.Join('\n', TopActivations.Run(model, sae, rows, new() { BatchTokens = tokens }).Features.Select(f =>
            $"{f.Feature} {f.Fired} {string.Join(',', f.Histogram.Counts)} {string.Join(' ', f.Examples.Select(e => $"{e.Row}:{e.Position}"))}"));
        var one = Told(1);
        Assert.Equal(one, Told(20));
        Assert.Equal(one, Told(100_000));
    }

    [Fact]
    public void Run_RowsMadeAsTheyAreAsked_ReadsNoFurtherAheadThanABatch()
    {
        using var tiny = new TinySae();
        var made = 0;
        var seen = new List<(int Made, int Done)>();
        IEnumerable<int[]> Endless()
        {
            foreach (var row in Rows(12))
            {
                made++;
                yield return row;
            }
        }

        // Without a pause between reports every batch would be told; the first and the last always are.
        var result = TopActivations.Run(_tiny.Load(), tiny.Load(), TokenRows.Of(Endless()), new() { BatchTokens = 8, Features = [1] }, new Told(p => seen.Add((made, p.Rows))));
        Assert.Equal(12, result.Rows);
        Assert.Equal(seen[0].Done, seen[0].Made);
        Assert.True(seen[0].Done < 12);
        Assert.Equal((12, 12), seen[^1]);
    }

    [Fact]
    public void Run_EqualActivations_KeepsTheEarlier()
    {
        using var tiny = new TinySae(new() { Architecture = "standard" });
        var row = _tiny.Prompt(8, seed: 5);
        var result = TopActivations.Run(_tiny.Load(), tiny.Load(), (int[][])[row, row, row], new() { Examples = 2, BatchTokens = 1 });
        var busy = result.Features.Where(f => f.Fired > 0).ToArray();
        Assert.NotEmpty(busy);
        Assert.All(busy, f => Assert.Equal([0, 1], f.Examples.Select(e => e.Row)));
        Assert.All(busy, f => Assert.Equal(0, f.Fired % 3));
    }

    [Fact]
    public void Run_CancelledAfterTheFirstBatch_Stops()
    {
        using var tiny = new TinySae();
        using var stop = new CancellationTokenSource();
        var rows = 0;
        Assert.ThrowsAny<OperationCanceledException>(() => TopActivations.Run(
            _tiny.Load(), tiny.Load(), Rows(), new() { BatchTokens = 1 }, new Told(p => (rows, _) = (p.Rows, stop.CancelAsync())), stop.Token));
        Assert.Equal(1, rows);
    }

    [Fact]
    public void Run_OtherFeaturesOrOptions_AreRefused()
    {
        using var tiny = new TinySae();
        var (model, sae, rows) = (_tiny.Load(), tiny.Load(), Rows());
        string Fault(TopActivationsOptions options, TokenRows? corpus = null) =>
            Assert.Throws<AnalysisException>(() => TopActivations.Run(model, sae, corpus ?? rows, options)).Message;
        Assert.Contains("no feature 53", Fault(new() { Features = [0, 53] }));
        Assert.Contains("no feature -1", Fault(new() { Features = [-1] }));
        Assert.Contains("chosen twice", Fault(new() { Features = [2, 2] }));
        Assert.Contains("No feature", Fault(new() { Features = [] }));
        Assert.Contains("Examples is 0", Fault(new() { Examples = 0 }));
        Assert.Contains("Before is -1", Fault(new() { Before = -1 }));
        Assert.Contains("After is 1001", Fault(new() { After = 1001 }));
        Assert.Contains("BatchTokens is 0", Fault(new() { BatchTokens = 0 }));
        Assert.Contains("RowLength is 41", Fault(new() { RowLength = 41 }));
        Assert.Contains("no text", Fault(new(), Array.Empty<int[]>()));
        Assert.Throws<PromptException>(() => TopActivations.Run(model, sae, (int[][])[[1], []]));
        Assert.Throws<PromptException>(() => TopActivations.Run(model, sae, (int[][])[[1, 61]]));
    }

    [Fact]
    public void Run_SaeOfAnotherWidth_IsRefused()
    {
        using var tiny = new TinySae(new() { DIn = 21 });
        Assert.Throws<SaeException>(() => TopActivations.Run(_tiny.Load(), tiny.Load(), Rows()));
    }

    [Fact]
    public void Index_FeatureNotLookedAt_SaysSo()
    {
        using var tiny = new TinySae();
        var result = TopActivations.Run(_tiny.Load(), tiny.Load(), Rows(), new() { Features = [4] });
        Assert.Contains("not looked at", Assert.Throws<AnalysisException>(() => result[5]).Message);
        var all = TopActivations.Run(_tiny.Load(), tiny.Load(), Rows());
        Assert.Contains("0 to 52", Assert.Throws<AnalysisException>(() => all[53]).Message);
        Assert.Equal(all.Features.Where(f => f.Fired == 0).Select(f => f.Feature), all.Dead);
    }

    /// <summary>Tells at once, on the same thread.</summary>
    internal sealed class Told(Action<CorpusProgress> tell) : IProgress<CorpusProgress>
    {
        public void Report(CorpusProgress value) => tell(value);
    }
}
