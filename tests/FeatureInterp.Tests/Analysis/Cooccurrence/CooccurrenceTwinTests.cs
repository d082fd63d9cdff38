using FeatureInterp.Analysis;
using FeatureInterp.Models;
using FeatureInterp.Tensors;
using MathNet.Numerics.LinearAlgebra;

namespace FeatureInterp.Tests;

/// <summary>The pass on made-up models and SAEs, against every vector written out in double.</summary>
public sealed class CooccurrenceTwinTests : IDisposable
{
    private readonly TinyModel _tiny = new();

    public void Dispose() => _tiny.Dispose();

    private static Dictionary<string, int[]> Sets(params (string Name, int[] Features)[] sets) => sets.ToDictionary(s => s.Name, s => s.Features);

    private int[][] Rows(int count = 9) => [.. Enumerable.Range(0, count).Select(r => _tiny.Prompt(3 + 4 * r % 17, seed: r))];

    private sealed record Fired(int Row, int Position, double[] Acts);

    // Every token where any of the features fires, by the SAE's twin on the whole run's hook.
    private static Fired[] Twin(TinySae tiny, Transformer model, int[][] rows, int[] features)
    {
        var twin = new SaeTwin(tiny);
        return [.. rows.SelectMany((row, r) =>
        {
            var x = model.Run(row, capture: tiny.Shape.Hook).Activations[tiny.Shape.Hook][0];
            var width = x.Length / row.Length;
            return Enumerable.Range(0, row.Length).Select(p =>
            {
                var acts = twin.Run([.. x.Span.Slice(p * width, width).ToArray().Select(v => (double)v)]).Acts;
                return new Fired(r, p, Array.ConvertAll(features, f => acts[f]));
            });
        }).Where(f => f.Acts.Any(a => a != 0))];
    }

    private static void AssertSet(Fired[] wanted, TinySae tiny, int[] features, CooccurrenceSet set)
    {
        Assert.Equal(wanted.Length, set.Fired);
        Assert.Equal(wanted.Select(w => (w.Row, w.Position)), set.Points.Select(p => (p.Row, p.Position)));
        Assert.Equal(features, set.Features.Select(f => f.Feature));
        var d = tiny.Shape.DOut;
        var decoder = Matrix<double>.Build.Dense(features.Length, d, (f, i) => tiny.Decoder[features[f] * d + i]);
        var vectors = Matrix<double>.Build.DenseOfRowArrays(wanted.Select(w => w.Acts)) * decoder;
        var mean = vectors.ColumnSums() / vectors.RowCount;
        for (var i = 0; i < d; i++)
            Assert.Equal(mean[i], set.Mean[i], 1e-3);
        var centred = Matrix<double>.Build.Dense(vectors.RowCount, d, (i, j) => vectors[i, j] - mean[j]);
        var svd = centred.Svd();
        Assert.Equal(svd.S.Sum(s => s * s) / (wanted.Length - 1), set.Variance, 1e-3);
        for (var c = 0; c < set.Components.Count; c++)
        {
            Assert.Equal(svd.S[c] * svd.S[c] / (wanted.Length - 1), set.Components[c].Variance, 1e-3);
            var direction = svd.VT.Row(c);
            direction *= Math.Sign(direction.MaxBy(Math.Abs));
            for (var t = 0; t < wanted.Length; t++)
                Assert.Equal(centred.Row(t) * direction, set.Points[t].Projection[c], 1e-2);
        }

        for (var f = 0; f < features.Length; f++)
        {
            var mine = wanted.Where(w => w.Acts[f] != 0).ToArray();
            Assert.Equal(mine.Length, set.Features[f].Fired);
            Assert.Equal(mine.Select(m => m.Acts[f]).DefaultIfEmpty(0).Average(), set.Features[f].Mean, 1e-3);
            for (var g = 0; g < features.Length; g++)
                Assert.Equal(mine.Count(m => m.Acts[g] != 0), set.Together[f][g]);
        }
    }

    [Theory]
    [InlineData("standard", "blocks.1.hook_resid_post")]
    [InlineData("standard", "blocks.2.hook_resid_pre")]
    [InlineData("jumprelu", "blocks.1.hook_mlp_out")]
    [InlineData("gated", "blocks.1.hook_resid_post")]
    [InlineData("topk", "blocks.1.hook_resid_post")]
    [InlineData("abstopk", "blocks.1.hook_resid_post")]      // signed
    public void Run_EachKindOfSae_EqualsEveryVectorWrittenOut(string architecture, string hook)
    {
        using var tiny = new TinySae(new() { Architecture = architecture, Hook = hook });
        var (model, sae, rows) = (_tiny.Load(), tiny.Load(), Rows());
        int[] first = [41, 3, 17, 8, 22, 30], second = [3, 50, 51, 11, 2, 5, 7, 13];
        var result = Cooccurrence.Run(model, sae, rows, Sets(("first", first), ("second", second)));
        Assert.Equal((rows.Length, rows.Sum(r => (long)r.Length), 0L), (result.Rows, result.Tokens, result.Excluded));
        AssertSet(Twin(tiny, model, rows, first), tiny, first, result["first"]);
        AssertSet(Twin(tiny, model, rows, second), tiny, second, result["second"]);
    }

    [Fact]
    public void Run_SeveralSets_EqualsAPassForEach()
    {
        using var tiny = new TinySae(new() { Architecture = "standard" });
        var (model, sae, rows) = (_tiny.Load(), tiny.Load(), Rows());
        var sets = Sets(("a", [4, 9, 1]), ("b", [9, 30, 4, 52]), ("c", [7]));
        var together = Cooccurrence.Run(model, sae, rows, sets, new() { MaxPoints = 20 });
        foreach (var (name, features) in sets)
        {
            var alone = Cooccurrence.Run(model, sae, rows, Sets((name, features)), new() { MaxPoints = 20 })[name];
            Assert.Equal(alone.Fired, together[name].Fired);
            Assert.Equal(alone.Components.Select(c => c.Variance), together[name].Components.Select(c => c.Variance));
            Assert.Equal(alone.Mean, together[name].Mean);
            Assert.Equal(alone.Points.Select(p => (p.Context, p.Projection[0])), together[name].Points.Select(p => (p.Context, p.Projection[0])));
        }
    }

    [Fact]
    public void Run_Contexts_AreAsTheSourceBuildsThem()
    {
        using var tiny = new TinySae(new() { Architecture = "standard" });
        var (model, sae, rows) = (_tiny.Load(), tiny.Load(), Rows());
        var sets = Sets(("all", [.. Enumerable.Range(0, tiny.Shape.DSae)]));
        string Text(int[] row, int from, int to) => string.Concat(row[from..Math.Max(from, to)].Select(t => $"⟨{t}⟩"));
        foreach (var asNotebook in new[] { false, true })
        {
            var points = Cooccurrence.Run(model, sae, rows, sets, new() { AsNotebook = asNotebook })["all"].Points;
            Assert.Equal(rows.Sum(r => r.Length), points.Count);
            foreach (var p in points)
            {
                var (row, at) = (rows[p.Row], p.Position);
                var end = Math.Min(asNotebook ? row.Length - 1 : row.Length, at + 4);
                Assert.Equal($"{Text(row, Math.Max(0, at - 5), at)}|⟨{row[at]}⟩|{Text(row, at + 1, end)}", p.Context);
            }
        }
    }

    [Fact]
    public void Run_MoreTokensThanAreKept_SamplesThemAndCountsThemAll()
    {
        using var tiny = new TinySae(new() { Architecture = "standard" });
        var (model, sae, rows) = (_tiny.Load(), tiny.Load(), Rows());
        var sets = Sets(("a", [4, 9, 1, 33, 12]));
        var all = Cooccurrence.Run(model, sae, rows, sets);
        var few = Cooccurrence.Run(model, sae, rows, sets, new() { MaxPoints = 10, Seed = 3 });
        Assert.True(all["a"].Fired > 20);
        Assert.False(all["a"].IsSample);
        Assert.Null(all.Provenance.Seed);
        Assert.True(few["a"].IsSample);
        Assert.Equal(3, few.Provenance.Seed);
        Assert.Equal(10, few["a"].Points.Count);
        Assert.Equal(all["a"].Fired, few["a"].Fired);
        Assert.Equal(all["a"].Components.Select(c => c.Variance), few["a"].Components.Select(c => c.Variance));
        var places = all["a"].Points.ToDictionary(p => (p.Row, p.Position));
        Assert.All(few["a"].Points, p => Assert.Equal(places[(p.Row, p.Position)].Projection, p.Projection));
        Assert.Contains("a uniform sample", few.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void Place_ManySeeds_TakesEachTokenEquallyOften()
    {
        const int Tokens = 300, Size = 30, Seeds = 2000;
        var taken = new int[Tokens];
        for (var seed = 0; seed < Seeds; seed++)
        {
            var sums = CooccurrenceSums.Of(1);
            var places = new int[Size];
            for (var t = 0; t < Tokens; t++)
            {
                sums.Add([1], [0]);
                if (sums.Place(Size, seed) is { } place)
                    places[place] = t;
            }

            Assert.Equal(Size, places.Distinct().Count());
            foreach (var t in places)
                taken[t]++;
        }

        // 200 each, with a standard deviation of 13.4.
        Assert.All(taken, n => Assert.InRange(n, 200 - 75, 200 + 75));
        Assert.InRange(taken.Take(100).Average(), 196, 204);
        Assert.InRange(taken.Skip(200).Average(), 196, 204);
    }

    [Fact]
    public void Add_ActivationsThatCancel_CountUnlessAsTheNotebook()
    {
        using var tiny = new TinySae();
        var (model, sae) = (_tiny.Load(), tiny.Load());
        var acts = Tensor.Zeros(4, 2);
        (acts.Span[2], acts.Span[3], acts.Span[4], acts.Span[7]) = (1.5f, -1.5f, 2, -1);
        foreach (var asNotebook in new[] { false, true })
        {
            var pass = new CooccurrencePass(model, sae, Sets(("pair", [6, 2])), new() { AsNotebook = asNotebook });
            var state = pass.Begin("");
            pass.Add([5, 6, 7, 8], acts, state);
            Assert.Equal(asNotebook ? [2] : [1, 2, 3], state.Sets[0].Kept.Select(k => k.Position));
            Assert.Equal(asNotebook, pass.Result(state).ToString().Contains("it is lost", StringComparison.Ordinal));
        }
    }

    [Fact]
    public void Run_SpecialTokens_AreLeftOutUnlessAskedFor()
    {
        var (model, sae) = (EmbeddedPair.Model, EmbeddedPair.Sae);
        var sets = Sets(("all", [863, 740, 801, 305, 510, 944, 626, 1427]));
        var without = Cooccurrence.Run(model, sae, "The old fox was not able to wait.", sets);
        var with = Cooccurrence.Run(model, sae, "The old fox was not able to wait.", sets, new() { ExcludeSpecialTokens = false });
        Assert.Equal((1L, 0L), (without.Excluded, with.Excluded));
        Assert.Equal(without.Tokens + 1, with.Tokens);
        Assert.DoesNotContain(without["all"].Points, p => p.Position == 0);
    }
}
