using FeatureInterp.Analysis;
using FeatureInterp.Display;

namespace FeatureInterp.Tests;

public sealed class TokenListTests : IDisposable
{
    private readonly TinyModel _tiny = new();
    private readonly TinySae _sae = new();

    public void Dispose()
    {
        _tiny.Dispose();
        _sae.Dispose();
    }

    private static double Cosine(double[] a, double[] b) => a.Zip(b, (x, y) => x * y).Sum() / Math.Sqrt(a.Sum(x => x * x) * b.Sum(x => x * x));

    [Theory, InlineData(TokenListScore.Filtered), InlineData(TokenListScore.Cosine), InlineData(TokenListScore.CentredCosine), InlineData(TokenListScore.ComponentRemovedCosine)]
    public void Run_EqualsTheFormula(TokenListScore score)
    {
        const int D = 20;
        var rows = _tiny.Weights.First(w => w.Key.EndsWith("embed_tokens.weight", StringComparison.Ordinal)).Value.Chunk(D).ToArray();
        double[] centroid = [.. Enumerable.Range(0, D).Select(j => rows.Average(r => r[j]))];
        var v = _sae.Decoder[(4 * D)..(5 * D)];
        var norm = Math.Sqrt(v.Sum(x => x * x));
        double[] ghost = [.. centroid.Zip(v, (c, x) => c + 3.8 * x / norm)];
        // The first component by power iteration.
        double[] pc = [.. Enumerable.Range(0, D).Select(j => 1.0 / (j + 1))];
        for (var i = 0; i < 4000; i++)
        {
            var next = new double[D];
            foreach (var row in rows)
            {
                var along = Enumerable.Range(0, D).Sum(j => (row[j] - centroid[j]) * pc[j]);
                for (var j = 0; j < D; j++)
                    next[j] += along * (row[j] - centroid[j]);
            }

            var length = Math.Sqrt(next.Sum(x => x * x));
            pc = [.. next.Select(x => x / length)];
        }

        double[] Without(double[] x)
        {
            var along = x.Zip(pc, (a, b) => a * b).Sum();
            return [.. x.Zip(pc, (a, b) => a - along * b)];
        }

        double Wanted(double[] e) => score switch
        {
            TokenListScore.Filtered => Math.Pow(1 - Cosine(ghost, e), 1.7) / (1 - Cosine(centroid, e)),
            TokenListScore.Cosine => Cosine(v, e),
            TokenListScore.CentredCosine => Cosine(v, [.. e.Zip(centroid, (a, b) => a - b)]),
            _ => Cosine(Without(v), Without(e)),
        };

        var found = TokenList.Run(_tiny.Load(), _sae.Load(), 4, new() { Score = score, Exponent = 1.7, Top = 12, Ghost = new() { Scale = 3.8 } });
        Assert.Equal(rows.Length, found.Scores.Count);
        for (var t = 0; t < rows.Length; t++)
            Assert.Equal(Wanted(rows[t]), found.Scores[t], 1e-5);
        var order = Enumerable.Range(0, rows.Length).OrderBy(t => score == TokenListScore.Filtered ? Wanted(rows[t]) : -Wanted(rows[t])).Take(12);
        Assert.Equal(order, found.Tokens.Select(t => t.Token));
        Assert.Contains("⟨", found.ToText());
    }

    [Fact]
    public void Components_AreOrthonormalAndFall()
    {
        var components = EmbeddingStatistics.Of(EmbeddedPair.Model).Components(5);
        for (var a = 0; a < 5; a++)
        {
            for (var b = 0; b < 5; b++)
                Assert.Equal(a == b ? 1 : 0, components[a].Vector.Zip(components[b].Vector, (x, y) => x * y).Sum(), 1e-9);
            Assert.True(components[a].Vector[components[a].Vector.Select(Math.Abs).Select((x, i) => (x, i)).Max().i] > 0);
        }

        Assert.Equal(components.Select(c => c.ExplainedVariance).OrderDescending(), components.Select(c => c.ExplainedVariance));
        Assert.InRange(components.Sum(c => c.ExplainedVariance), 0, 1);
        Assert.Throws<AnalysisException>(() => EmbeddingStatistics.Of(EmbeddedPair.Model).Components(17));
    }

    [Fact]
    public void Run_WhatMakesNoSense_IsRefused()
    {
        string Fault(TokenListOptions options, int feature = 0) => Assert.Throws<AnalysisException>(() => TokenList.Run(_tiny.Load(), _sae.Load(), feature, options)).Message;
        Assert.Contains("no feature 53", Fault(new(), 53));
        Assert.Contains("Exponent is 0", Fault(new() { Exponent = 0 }));
        Assert.Contains("Top is 0", Fault(new() { Top = 0 }));
        Assert.Contains("none of", Fault(new() { Score = (TokenListScore)9 }));
    }
}
