using FeatureInterp.Models;

namespace FeatureInterp.Tests;

/// <summary>Prompts run in pieces with a KV cache.</summary>
public sealed class KvCacheTests : IDisposable
{
    private readonly TinyModel _tiny = new(new TinyShape { DModel = 36, HeadDim = 10, Window = 5 });

    public void Dispose() => _tiny.Dispose();

    [Theory, InlineData(1, 12), InlineData(12, 1), InlineData(6, 7), InlineData(4, 4, 5), InlineData(1, 1, 1, 10)]
    public void Run_InPieces_EqualsTheWholeRun(params int[] pieces)
    {
        var model = _tiny.Load();
        var tokens = _tiny.Prompt(13, 1);
        var wanted = new ModelTwin(_tiny).Run(tokens);
        var cache = new KvCache(model.Config, 1);
        var start = 0;
        foreach (var piece in pieces)
        {
            var run = model.Run(tokens[start..(start + piece)], cache: cache);
            Assert.Equal(start, run.Batch.Start(0));
            TwinAssert.Close($"from {start}", wanted.AsSpan(start * 61, piece * 61), run.Logits[0], 1e-5);
            start += piece;
            Assert.Equal(start, cache.Length(0));
        }
    }

    [Fact]
    public void Run_UnequalPromptsInPieces_EqualTheWholeRuns()
    {
        var model = _tiny.Load();
        int[][] prompts = [_tiny.Prompt(13, 1), _tiny.Prompt(4, 2), _tiny.Prompt(8, 3)];
        var cache = new KvCache(model.Config, 3);
        model.Run(Array.ConvertAll(prompts, p => p[..^2]), cache: cache);
        var rest = model.Run(Array.ConvertAll(prompts, p => p[^2..]), cache: cache);
        for (var p = 0; p < 3; p++)
        {
            var wanted = new ModelTwin(_tiny).Run(prompts[p]);
            TwinAssert.Close($"prompt {p}", wanted.AsSpan(wanted.Length - 2 * 61), rest.Logits[p], 1e-5);
            Assert.Equal(prompts[p].Length, cache.Length(p));
        }
    }

    [Fact]
    public void Run_WithCacheAndHooks_ShowsAllKeysToTheNewQueries()
    {
        var model = _tiny.Load();
        var tokens = _tiny.Prompt(9, 1);
        var twin = new ModelTwin(_tiny);
        twin.Run(tokens);
        var cache = new KvCache(model.Config, 1);
        model.Run(tokens[..6], cache: cache);
        var pattern = model.Run(tokens[6..], cache: cache, capture: "blocks.*.attn.hook_pattern").Activations;
        for (var layer = 0; layer < 3; layer++)
        {
            var wanted = twin.Hooks[$"blocks.{layer}.attn.hook_pattern"].Values;                    // [head, 9, 9]
            var found = pattern[$"blocks.{layer}.attn.hook_pattern"][0];
            Assert.Equal([4, 3, 9], found.Shape.ToArray());
            for (var head = 0; head < 4; head++)
                TwinAssert.Close($"layer {layer}", wanted.AsSpan((head * 9 + 6) * 9, 27), found[head], 1e-5);
        }
    }

    [Fact]
    public void Run_CancelledStep_LeavesTheCacheAsItWas()
    {
        var model = _tiny.Load();
        var tokens = _tiny.Prompt(9, 1);
        var cache = new KvCache(model.Config, 1);
        model.Run(tokens[..5], cache: cache);
        using var cancel = new CancellationTokenSource();
        var stop = Hook.Change("blocks.1.hook_resid_pre", _ => cancel.Cancel());
        Assert.Throws<OperationCanceledException>(() => model.Run(_tiny.Prompt(3, 8), edit: [stop], cache: cache, cancellation: cancel.Token));
        Assert.Equal(5, cache.Length(0));
        TwinAssert.Close("after", new ModelTwin(_tiny).Run(tokens).AsSpan(5 * 61), model.Run(tokens[5..], cache: cache).Logits[0], 1e-5);
    }

    [Fact]
    public void Run_CacheOfOtherPromptCount_IsRefused()
    {
        var model = _tiny.Load();
        var e = Assert.Throws<PromptException>(() => model.Run(_tiny.Prompt(3, 1), cache: new KvCache(model.Config, 2)));
        Assert.Contains("holds 2 prompts, but 1", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Run_CacheOfAnotherModel_IsRefused()
    {
        using var other = new TinyModel();
        var e = Assert.Throws<PromptException>(() => _tiny.Load().Run(_tiny.Prompt(3, 1), cache: new KvCache(other.Load().Config, 1)));
        Assert.Contains("KV cache", e.Message, StringComparison.Ordinal);
    }

    // A cache filled by a run over the first layers only has no keys for the others.
    [Fact]
    public void Run_CacheFilledByFewerLayers_IsRefused()
    {
        var model = _tiny.Load();
        var cache = new KvCache(model.Config, 1);
        model.Run(_tiny.Prompt(4, 1), cache: cache, stopAtLayer: 1);
        var e = Assert.Throws<PromptException>(() => model.Run(_tiny.Prompt(2, 2), cache: cache));
        Assert.Contains("layer 1", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Run_CacheOverTheSameLayersEachTime_Works()
    {
        var model = _tiny.Load();
        var tokens = _tiny.Prompt(9, 1);
        var residual = model.Run(tokens, stopAtLayer: 1).Residual;
        var cache = new KvCache(model.Config, 1);
        model.Run(tokens[..6], cache: cache, startAtLayer: 1, residual: residual.Rows(0, 6));
        var rest = model.Run(tokens[6..], cache: cache, startAtLayer: 1, residual: residual.Rows(6, 3));
        TwinAssert.Close("rest", new ModelTwin(_tiny).Run(tokens).AsSpan(6 * 61), rest.Logits[0], 1e-5);
    }

    [Fact]
    public void Run_BeyondTheContextWithCache_IsRefused()
    {
        var model = _tiny.Load();
        var cache = new KvCache(model.Config, 1);
        model.Run(_tiny.Prompt(38, 1), cache: cache);
        var e = Assert.Throws<PromptException>(() => model.Run(_tiny.Prompt(3, 2), cache: cache));
        Assert.Contains("41 tokens, more than the 40", e.Message, StringComparison.Ordinal);
        Assert.Equal(38, cache.Length(0));
    }
}
