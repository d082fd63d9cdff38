using FeatureInterp.Models;

namespace FeatureInterp.Tests;

/// <summary>Generation on a made-up model: what it must equal is what repeated whole runs give.</summary>
public sealed class GenerationTests : IDisposable
{
    private readonly TinyModel _tiny = new(new TinyShape { DModel = 36, HeadDim = 10, Window = 5, Tied = false, Seed = 3 });
    private readonly Transformer _model;

    public GenerationTests() => _model = _tiny.Load();

    public void Dispose() => _tiny.Dispose();

    [Fact]
    public void Generate_Greedy_EqualsRepeatedWholeRunsOfTheTwin()
    {
        int[] prompt = _tiny.Prompt(6, 1), text = prompt;
        for (var i = 0; i < 20; i++)
        {
            var last = new ModelTwin(_tiny).Run(text)[^61..];
            text = [.. text, Array.IndexOf(last, last.Max())];
        }

        var made = Assert.Single(_model.Generate(prompt, 20));
        Assert.True(text[6..].Distinct().Count() > 5, "a text that only repeats itself would not tell much");
        Assert.Equal(text[6..], made.Tokens);
        Assert.Equal(FinishReason.Length, made.Finished);
    }

    [Fact]
    public void Generate_SteeredGreedy_EqualsRepeatedWholeRuns()
    {
        var steer = Hook.Add("blocks.1.hook_resid_post", Enumerable.Range(0, 36).Select(i => i % 3 - 1f).ToArray(), scale: 2);
        int[] prompt = _tiny.Prompt(6, 1), text = prompt;
        for (var i = 0; i < 12; i++)
            text = [.. text, _model.Run(text, edit: [steer]).Top(1)[0].Token];
        Assert.Equal(text[6..], _model.Generate(prompt, 12, edit: [steer])[0].Tokens);
        Assert.NotEqual(text[6..], _model.Generate(prompt, 12)[0].Tokens);
    }

    [Fact]
    public void Generate_Batch_EqualsEachPromptAlone()
    {
        int[][] prompts = [_tiny.Prompt(6, 1), _tiny.Prompt(1, 2), _tiny.Prompt(14, 3)];
        var together = _model.Generate(prompts, 15);
        for (var p = 0; p < prompts.Length; p++)
            Assert.Equal(_model.Generate(prompts[p], 15)[0].Tokens, together[p].Tokens);
    }

    [Fact]
    public void Generate_Hooks_SeeThePromptThenOneTokenAStep()
    {
        var seen = new List<string>();
        var record = new Edit("blocks.1.hook_resid_post", v => seen.Add(string.Join(" ", Enumerable.Range(0, v.Count).Select(p => $"{v.Batch.Start(p)}+{v[p].Shape[0]}"))));
        _model.Generate((int[][])[_tiny.Prompt(6, 1), _tiny.Prompt(2, 2)], 4, edit: [record]);
        Assert.Equal(["0+6 0+2", "6+1 2+1", "7+1 3+1", "8+1 4+1"], seen);
    }

    [Fact]
    public void Generate_EditAtAPosition_ActsOnThatPositionOfTheText()
    {
        // Position 7 is the second new token; earlier tokens must not change, that position's values must.
        var touched = new List<int>();
        var record = new Edit("blocks.0.hook_resid_pre", v =>
        {
            if (v[0].Memory.ToArray().All(x => x == 0))
                touched.Add(v.Batch.Start(0));
        });
        _model.Generate(_tiny.Prompt(6, 1), 4, edit: [Hook.Zero("blocks.0.hook_resid_pre", position: 7), record]);
        Assert.Equal([7], touched);
    }

    [Fact]
    public async Task GenerateAsync_EqualsGenerate()
    {
        int[][] prompts = [_tiny.Prompt(6, 1), _tiny.Prompt(3, 2)];
        var sampling = new Sampling { Temperature = 1.5f, Seed = 5 };
        var streamed = new List<int>[] { [], [] };
        FinishReason? finished = null;
        await foreach (var token in _model.GenerateAsync(prompts, 10, sampling, cancellation: TestContext.Current.CancellationToken))
        {
            streamed[token.Prompt].Add(token.Token);
            finished = token.Finished;
        }

        var whole = _model.Generate(prompts, 10, sampling);
        Assert.Equal(whole[0].Tokens, streamed[0]);
        Assert.Equal(whole[1].Tokens, streamed[1]);
        Assert.Equal(FinishReason.Length, finished);
    }

    [Fact]
    public void Generate_OnToken_SeesEachTokenAsItComes()
    {
        var calls = new List<int>();
        var made = _model.Generate(_tiny.Prompt(6, 1), 5, onToken: t => calls.Add(t.Token));
        Assert.Equal(made[0].Tokens, calls);
    }

    [Fact]
    public void Generate_SameSeed_RepeatsAndOtherSeedDiffers()
    {
        IReadOnlyList<int> Draw(long seed) => _model.Generate(_tiny.Prompt(6, 1), 25, new Sampling { Temperature = 2, Seed = seed })[0].Tokens;
        Assert.Equal(Draw(1), Draw(1));
        Assert.NotEqual(Draw(1), Draw(2));
        Assert.NotEqual(Draw(0), Draw(-1));
    }

    [Fact]
    public void Generate_SamePromptTwiceInABatch_DrawsTwoTexts()
    {
        var prompt = _tiny.Prompt(6, 1);
        var made = _model.Generate((int[][])[prompt, prompt], 25, new Sampling { Temperature = 2 });
        Assert.NotEqual(made[0].Tokens, made[1].Tokens);
    }

    [Fact]
    public void Generate_TextReachesTheContext_SaysSo()
    {
        var made = _model.Generate(_tiny.Prompt(38, 1), 10)[0];
        Assert.Equal(FinishReason.ContextFull, made.Finished);
        Assert.Equal(3, made.Tokens.Count); // positions 38 and 39 are run, and each of three predictions is kept
        Assert.Equal(_model.Generate(_tiny.Prompt(38, 1), 2)[0].Tokens.Take(2), made.Tokens.Take(2));
    }

    [Fact]
    public void Generate_OnePromptFull_OthersGoOn()
    {
        int[][] prompts = [_tiny.Prompt(38, 1), _tiny.Prompt(4, 2)];
        var made = _model.Generate(prompts, 12);
        Assert.Equal(FinishReason.ContextFull, made[0].Finished);
        Assert.Equal(_model.Generate(prompts[1], 12)[0].Tokens, made[1].Tokens);

        // The finished one takes part in later steps without tokens, also where hooks look at scores.
        var rows = new List<int>();
        var looked = _model.Generate(prompts, 12, edit: [new Edit("blocks.*.attn.hook_pattern", v => rows.Add(v[0].Shape[1])), new Edit("blocks.0.attn.hook_z", _ => { })]);
        Assert.Equal(made[1].Tokens, looked[1].Tokens);
        Assert.Contains(0, rows);
    }

    [Fact]
    public void Generate_NoNewTokens_GivesNone() => Assert.Empty(_model.Generate(_tiny.Prompt(3, 1), 0)[0].Tokens);

    [Fact]
    public void Generate_NegativeCount_IsRefused() =>
        Assert.Throws<ArgumentOutOfRangeException>(() => _model.Generate(_tiny.Prompt(3, 1), -1));

    [Fact]
    public void Generate_UnknownHook_IsRefusedBeforeAnyWork()
    {
        var seen = 0;
        Assert.Throws<HookException>(() => _model.Generate(
            _tiny.Prompt(3, 1), edit: [new Edit("blocks.0.hook_resid_pre", _ => seen++), Hook.Zero("blocks.3.hook_resid_pre")]));
        Assert.Equal(0, seen);
    }

    [Fact]
    public void Generate_CancelledBetweenTokens_Stops()
    {
        using var cancel = new CancellationTokenSource();
        var tokens = 0;
        Assert.Throws<OperationCanceledException>(() => _model.Generate(
            _tiny.Prompt(3, 1), 30, onToken: _ => { if (++tokens == 3) cancel.Cancel(); }, cancellation: cancel.Token));
        Assert.Equal(3, tokens);
    }

    [Fact]
    public async Task GenerateAsync_Cancelled_Stops()
    {
        using var cancel = new CancellationTokenSource();
        var tokens = 0;
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () =>
        {
            await foreach (var token in _model.GenerateAsync(_tiny.Prompt(3, 1), 30, cancellation: cancel.Token))
            {
                if (++tokens == 3)
                    await cancel.CancelAsync();
            }
        });
        Assert.Equal(3, tokens);
    }

    [Fact]
    public void Run_CancelledInTheMiddle_StopsBeforeTheNextBlock()
    {
        using var cancel = new CancellationTokenSource();
        var reached = 0;
        Edit[] edits = [Hook.Change("blocks.0.hook_resid_post", _ => cancel.Cancel()), new Edit("blocks.1.hook_resid_pre", _ => reached++)];
        Assert.Throws<OperationCanceledException>(() => _model.Run(_tiny.Prompt(3, 1), edit: edits, cancellation: cancel.Token));
        Assert.Equal(0, reached);
    }

    [Fact]
    public void Generate_EmbeddedModel_StopsAtEndOfSequenceAndTellsItsText()
    {
        var model = EmbeddedPair.Model;
        var tokenizer = model.RequireTokenizer();
        var text = "";
        var eos = tokenizer.EosId!.Value;
        var prompt = tokenizer.ToTokens("Once upon a time");
        // The third new token is forced to be the end, the others not to be.
        var force = new Edit("unembed.hook_out", v =>
            v[0][v[0].Shape[0] - 1].Span[eos] = v.Batch.Start(0) + v[0].Shape[0] == prompt.Length + 2 ? 1e6f : -1e6f);
        var made = model.Generate(prompt, 20, edit: [force], onToken: t => text += t.Text)[0];
        Assert.Equal(FinishReason.EndOfSequence, made.Finished);
        Assert.Equal(3, made.Tokens.Count);
        Assert.Equal(eos, made.Tokens[^1]);
        Assert.DoesNotContain("<eos>", made.Text, StringComparison.Ordinal);
        Assert.Equal(tokenizer.Decode([.. made.Tokens], skipSpecialTokens: true), made.Text);
        Assert.Equal(text, made.Text);
        var on = model.Generate(prompt, 5, edit: [force], stopAtEos: false)[0];
        Assert.Equal(FinishReason.Length, on.Finished);
        Assert.Equal(5, on.Tokens.Count);
        Assert.Equal(made.Tokens, on.Tokens.Take(3));
    }
}
