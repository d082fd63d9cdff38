using FeatureInterp.Models;

namespace FeatureInterp.Tests;

/// <summary>Prompts of unequal length in one run: each gets what it would get alone.</summary>
public sealed class BatchTests : IDisposable
{
    private readonly TinyModel _tiny = new(new TinyShape { DModel = 36, HeadDim = 10 });

    public void Dispose() => _tiny.Dispose();

    [Fact]
    public void Run_UnequalPrompts_AreBitForBitWhatEachIsAlone()
    {
        var model = _tiny.Load();
        int[][] prompts = [_tiny.Prompt(9, 1), _tiny.Prompt(2, 2), _tiny.Prompt(17, 3), _tiny.Prompt(5, 4)];
        var together = model.Run(prompts, capture: HookSelection.All);
        for (var p = 0; p < prompts.Length; p++)
        {
            var alone = model.Run(prompts[p], capture: HookSelection.All);
            TwinAssert.Same($"logits {p}", alone.Logits[0], together.Logits[p]);
            TwinAssert.Same($"loss {p}", alone.LossPerToken(), together.LossPerToken(p));
            foreach (var point in alone.Activations.Points)
                TwinAssert.Same($"{point} {p}", alone.Activations[point][0], together.Activations[point][p]);
        }
    }

    [Fact]
    public void Run_PromptOfOneToken_IsWhatItIsAlone()
    {
        var model = _tiny.Load();
        int[][] prompts = [_tiny.Prompt(6, 1), _tiny.Prompt(1, 2)];
        var twin = new ModelTwin(_tiny);
        var wanted = twin.Run(prompts[1]);
        TwinAssert.Close("together", wanted, model.Run(prompts).Logits[1], 1e-6);
        TwinAssert.Same("alone", model.Run(prompts[1]).Logits[0], model.Run(prompts).Logits[1]);
    }

    [Fact]
    public void Run_OrderOfPrompts_DoesNotMatter()
    {
        var model = _tiny.Load();
        int[] a = _tiny.Prompt(8, 5), b = _tiny.Prompt(3, 6);
        RunResult ab = model.Run((int[][])[a, b]), ba = model.Run((int[][])[b, a]);
        TwinAssert.Same("a", ab.Logits[0], ba.Logits[1]);
        TwinAssert.Same("b", ab.Logits[1], ba.Logits[0]);
    }

    [Fact]
    public void LastLogits_ShorterPrompt_AreThoseOfItsLastRealToken()
    {
        var model = _tiny.Load();
        int[][] prompts = [_tiny.Prompt(12, 7), _tiny.Prompt(4, 8)];
        var run = model.Run(prompts, capture: "blocks.2.hook_resid_post");
        var twin = new ModelTwin(_tiny);
        var wanted = twin.Run(prompts[1]);
        TwinAssert.Close("last logits", wanted.AsSpan(3 * 61), run.LastLogits(1));
        TwinAssert.Close("last activation", twin.Hooks["blocks.2.hook_resid_post"].Values.AsSpan(3 * 36), run.Activations["blocks.2.hook_resid_post"].Last(1));
        Assert.Equal(4, run.Logits[1].Shape[0]);
        Assert.Equal(run.Batch.FirstRow(1) + 3, run.Batch.LastRow(1));
    }

    [Fact]
    public void Run_LogitsAtLast_AreThoseOfTheWholeRun()
    {
        var model = _tiny.Load();
        int[][] prompts = [_tiny.Prompt(7, 9), _tiny.Prompt(2, 10), _tiny.Prompt(11, 11)];
        RunResult every = model.Run(prompts), last = model.Run(prompts, logits: LogitsAt.Last);
        for (var p = 0; p < prompts.Length; p++)
        {
            Assert.Equal([1, 61], last.Logits[p].Shape.ToArray());
            TwinAssert.Same($"prompt {p}", every.LastLogits(p), last.LastLogits(p));
        }

        Assert.Throws<InvalidOperationException>(() => last.LossPerToken());
    }

    [Fact]
    public void Run_LogitsAtLastWithFinalHooks_KeepsEveryPosition()
    {
        var model = _tiny.Load();
        int[][] prompts = [_tiny.Prompt(7, 9), _tiny.Prompt(3, 10)];
        var run = model.Run(prompts, capture: "ln_final.*", logits: LogitsAt.Last);
        Assert.Equal([7, 36], run.Activations["ln_final.hook_normalized"][0].Shape.ToArray());
        TwinAssert.Same("last", model.Run(prompts).LastLogits(1), run.LastLogits(1));
    }

    [Fact]
    public void Padded_UnequalPrompts_FillsOnTheRight()
    {
        var model = _tiny.Load();
        int[][] prompts = [_tiny.Prompt(2, 1), _tiny.Prompt(5, 2)];
        var kept = model.Run(prompts, capture: (string[])["blocks.0.hook_resid_pre", "blocks.0.attn.hook_pattern"]).Activations;
        var resid = kept["blocks.0.hook_resid_pre"].Padded(fill: -7);
        Assert.Equal([2, 5, 36], resid.Shape.ToArray());
        Assert.Equal(kept["blocks.0.hook_resid_pre"][0][1, 35], resid[0, 1, 35]);
        Assert.All(resid[0].Rows(2, 3).Memory.ToArray(), v => Assert.Equal(-7, v));

        var pattern = kept["blocks.0.attn.hook_pattern"].Padded();
        Assert.Equal([2, 4, 5, 5], pattern.Shape.ToArray());
        Assert.Equal(kept["blocks.0.attn.hook_pattern"][0][3, 1, 0], pattern[0, 3, 1, 0]);
        Assert.Equal(0, pattern[0, 3, 4, 0]);
    }

    [Fact]
    public void Loss_SeveralPrompts_IsTheMeanOverTokensNotPrompts()
    {
        var model = _tiny.Load();
        int[][] prompts = [_tiny.Prompt(9, 1), _tiny.Prompt(2, 2), _tiny.Prompt(1, 3)];
        var twin = new ModelTwin(_tiny);
        var losses = prompts.SelectMany(p => twin.Loss(twin.Run(p), p)).ToArray();
        Assert.Equal(9, losses.Length);
        Assert.Equal(losses.Average(), model.Run(prompts).Loss(), 1e-4);
        Assert.Throws<PromptException>(() => model.Run(prompts[2]).Loss());
    }

    [Fact]
    public void Run_FromManyThreads_GivesTheSameBits()
    {
        var model = _tiny.Load();
        var prompts = Enumerable.Range(0, 8).Select(i => _tiny.Prompt(3 + i, i)).ToArray();
        var wanted = prompts.Select(p => model.Run(p).Logits[0]).ToArray();
        Parallel.For(0, 32, i => TwinAssert.Same($"run {i}", wanted[i % 8], model.Run(prompts[i % 8]).Logits[0]));
    }
}
