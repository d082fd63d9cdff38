using FeatureInterp.Models;

namespace FeatureInterp.Tests;

public sealed class EmbeddingMatrixTests
{
    [Theory]
    [InlineData("gemma2"), InlineData("gpt2"), InlineData("llama"), InlineData("gpt_neox")]
    public void Put_AnotherTokensRow_IsThatTokenToTheBit(string family)
    {
        using var tiny = new TinyModel(family: family);
        foreach (var processing in (WeightProcessing[])[WeightProcessing.None, WeightProcessing.Standard])
        {
            var model = tiny.Load().WithProcessing(processing);
            int[] written = [5, 9, 30, 9], meant = [5, 41, 30, 41];
            var found = model.Run(written, edit: [model.Embedding.Put(model.Embedding.Row(41), 1, 3)]).Logits[0];
            Assert.Equal(model.Run(meant).Logits[0].Span, found.Span);
            Assert.NotEqual(model.Run(written).Logits[0].Span.ToArray(), found.Span.ToArray());
        }
    }

    [Fact]
    public void Put_BehindACache_CountsPositionsFromTheStart()
    {
        using var tiny = new TinyModel();
        var model = tiny.Load();
        var cache = new KvCache(model.Config, 1);
        var put = model.Embedding.Put(model.Embedding.Row(41), 3);
        model.Run((int[])[5, 9], cache: cache, edit: [put]);
        var rest = model.Run((int[])[30, 8], cache: cache, edit: [put]);
        TwinAssert.Close("rest", new ModelTwin(tiny).Run([5, 9, 30, 41]).AsSpan(2 * 61), rest.Logits[0], 1e-5);
    }

    [Fact]
    public void WhatMakesNoSense_IsRefused()
    {
        using var tiny = new TinyModel();
        var matrix = tiny.Load().Embedding;
        Assert.Equal((61, 20), (matrix.Count, matrix.Width));
        Assert.Throws<PromptException>(() => matrix.Row(61));
        Assert.Throws<PromptException>(() => matrix.Row(-1));
        Assert.Throws<HookException>(() => matrix.Put([1, 2, 3], 0));
        Assert.Throws<HookException>(() => matrix.Put(matrix.Row(0), -1));
    }

    [Fact]
    public void Gather_Caches_GoOnEachByItself()
    {
        using var tiny = new TinyModel();
        var model = tiny.Load();
        int[][] begun = [tiny.Prompt(6, 1), tiny.Prompt(3, 2)];
        var (both, other) = (new KvCache(model.Config, 2), new KvCache(model.Config, 1));
        model.Run(begun, cache: both);
        model.Run(begun[1], cache: other);
        var gathered = KvCache.Gather((both, 1), (both, 0), (other, 0), (both, 0));
        int[][] next = [[4], [8, 9], [17], [33]];
        var run = model.Run(next, cache: gathered);
        // The caches they came from are as they were, and may go on too.
        var again = model.Run((int[][])[[50], [51]], cache: both);
        var twin = new ModelTwin(tiny);
        int[] from = [1, 0, 1, 0];
        for (var p = 0; p < 4; p++)
            TwinAssert.Close($"prompt {p}", twin.Run([.. begun[from[p]], .. next[p]]).AsSpan()[^61..], run.LastLogits(p), 1e-5);
        for (var p = 0; p < 2; p++)
            TwinAssert.Close($"trunk {p}", twin.Run([.. begun[p], 50 + p]).AsSpan()[^61..], again.LastLogits(p), 1e-5);
        Assert.Equal([4, 8, 4, 7], Enumerable.Range(0, 4).Select(gathered.Length));
        Assert.Throws<ArgumentOutOfRangeException>(() => KvCache.Gather((both, 2)));
        Assert.Throws<ArgumentOutOfRangeException>(() => KvCache.Gather());
        using var wide = new TinyModel(new TinyShape { HeadDim = 8 });
        Assert.Throws<PromptException>(() => KvCache.Gather((both, 0), (new KvCache(wide.Load().Config, 1), 0)));
    }
}
