using FeatureInterp.Models;

namespace FeatureInterp.Tests;

public class MemoryPlanTests : IDisposable
{
    private readonly TinyModel _tiny = new();

    // Counted by hand: 5 and 3 tokens, a vocabulary of 61, d_model 20, four heads.
    [Fact]
    public void Of_KeptHooks_CountsWhatIsWritten()
    {
        var model = _tiny.Load();
        var batch = new TokenBatch([_tiny.Prompt(5, 1), _tiny.Prompt(3, 2)]);
        var plan = MemoryPlan.Of(model, batch, new HookScope(model, (string[])["hook_embed", "blocks.1.attn.hook_pattern"], null, null), LogitsAt.Every, 0);
        Assert.Equal(8 * 61 * 4, plan.Logits);
        Assert.Equal(8 * 20 * 4 + 4 * (5 * 5 + 3 * 3) * 4, plan.Kept);
        Assert.Equal(4 * (5 * 5 + 3 * 3) * 4, plan.Scores);
        Assert.Equal(2 * 61 * 4, MemoryPlan.Of(model, batch, new HookScope(model, null, null, null), LogitsAt.Last, 0).Logits);
    }

    [Fact]
    public void Of_CachedTokens_AddsTheirKeysAndValues()
    {
        var model = _tiny.Load();
        var (batch, hooks) = (new TokenBatch([_tiny.Prompt(5, 1)]), new HookScope(model, null, null, null));
        var c = model.Config;
        Assert.Equal(
            7.0 * 2 * c.Layers * c.KeyValueHeads * c.HeadDim * 4,
            MemoryPlan.Of(model, batch, hooks, LogitsAt.Last, 12).Total - MemoryPlan.Of(model, batch, hooks, LogitsAt.Last, 5).Total);
    }

    [Fact]
    public void Check_MoreThanThereIs_SaysWhatTakesIt()
    {
        var model = _tiny.Load();
        var plan = new MemoryPlan(Logits: 7.5e9, Kept: 2e9, Scores: 0, Work: 3e6);
        plan.Check(model, 8192, 9.6e9);
        var e = Assert.Throws<PromptException>(() => plan.Check(model, 8192, 4e9));
        Assert.Contains("8192 tokens", e.Message, StringComparison.Ordinal);
        Assert.Contains("about 9.5 GB", e.Message, StringComparison.Ordinal);
        Assert.Contains("7.5 GB for logits, 2 GB for captured hooks, 3 MB", e.Message, StringComparison.Ordinal);
        Assert.Contains("4 GB are free; ask for LogitsAt.Last", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Check_LogitsBeyondOneArray_SaysSo() =>
        Assert.Contains("LogitsAt.Last", Assert.Throws<PromptException>(() => new MemoryPlan(4.0 * Array.MaxLength + 4, 0, 0, 0).Check(_tiny.Load(), 9000, 1e15)).Message, StringComparison.Ordinal);

    [Fact]
    public void FreeMemory_ThisMachine_IsSomethingAndNotMoreThanItHas() =>
        Assert.InRange(FreeMemory.Bytes(), 1, GC.GetGCMemoryInfo().TotalAvailableMemoryBytes);

    public void Dispose() => _tiny.Dispose();
}
