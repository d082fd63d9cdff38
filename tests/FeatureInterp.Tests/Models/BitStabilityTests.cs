using FeatureInterp.Models;
using FeatureInterp.Tensors;
using FeatureInterp.Tests.Tensors;

namespace FeatureInterp.Tests;

/// <summary>The same bits on any number of threads and in any company, on a model large enough for its matrices to be shared out.</summary>
[Collection("workers")]
public sealed class BitStabilityTests : IDisposable
{
    private readonly TinyModel _tiny;
    private readonly Transformer _model;

    public BitStabilityTests()
    {
        _tiny = new TinyModel(new TinyShape { Layers = 2, DModel = 132, HeadDim = 36, DMlp = 700, Vocab = 1500, DType = DType.BF16, Window = 6 });
        _model = _tiny.Load();
    }

    public void Dispose() => _tiny.Dispose();

    [Fact]
    public void Generate_Sampled_IsTheSameOnAnyNumberOfThreads()
    {
        int[][] prompts = [_tiny.Prompt(9, 1), _tiny.Prompt(1, 2), _tiny.Prompt(4, 3)];
        var wanted = Tokens(1);
        Assert.True(wanted.Distinct().Count() > 10, "a text that only repeats itself would not tell much");
        foreach (var threads in new[] { 2, 3 })
            Assert.Equal(wanted, Tokens(threads));

        int[] Tokens(int threads)
        {
            using var _ = new WorkerCount(threads);
            return [.. _model.Generate(prompts, 12, new Sampling { Temperature = 1.5f, Seed = 11 }).SelectMany(t => t.Tokens)];
        }
    }

    [Fact]
    public void Run_AnyNumberOfThreads_GivesTheSameBits()
    {
        int[][] prompts = [_tiny.Prompt(30, 1), _tiny.Prompt(1, 2)];
        using var one = new WorkerCount(1);
        var wanted = _model.Run(prompts, capture: HookSelection.All);
        foreach (var threads in new[] { 2, 3 })
        {
            using var _ = new WorkerCount(threads);
            var found = _model.Run(prompts, capture: HookSelection.All);
            foreach (var point in wanted.Activations.Points)
                TwinAssert.Same($"{point}, {threads} threads", wanted.Activations[point][0], found.Activations[point][0]);
            TwinAssert.Same($"{threads} threads, not looking", wanted.Logits[0], _model.Run(prompts).Logits[0]);
            TwinAssert.Same($"{threads} threads, one token", wanted.Logits[1], found.Logits[1]);
        }
    }

    // Whole prompts, then token by token with the cache, in company that changes its size.
    [Theory, InlineData(LogitsAt.Every), InlineData(LogitsAt.Last)]
    public void Decode_InABatch_IsBitForBitWhatEachPromptGetsAlone(LogitsAt at)
    {
        int[][][] steps =
        [
            [_tiny.Prompt(6, 1), _tiny.Prompt(1, 2), _tiny.Prompt(14, 3)],
            [[5], [9], [17]],
            [[700], [2, 60, 61], [1400]],
            [[3, 4], [8], [44]],
        ];
        var together = new KvCache(_model.Config, 3);
        KvCache[] alone = [.. Enumerable.Range(0, 3).Select(_ => new KvCache(_model.Config, 1))];
        foreach (var step in steps)
        {
            var batch = _model.Run(step, cache: together, logits: at);
            for (var p = 0; p < 3; p++)
            {
                if (step[p].Length > 0)
                    TwinAssert.Same($"prompt {p} at {together.Length(p)}", _model.Run(step[p], cache: alone[p], logits: at).Logits[0], batch.Logits[p]);
            }
        }
    }

    [Fact]
    public void Run_LogitsAtLastAlone_AreThoseOfTheWholeRun()
    {
        foreach (var prompt in new[] { _tiny.Prompt(7, 9), _tiny.Prompt(1, 10) })
            TwinAssert.Same($"{prompt.Length} tokens", _model.Run(prompt).LastLogits(), _model.Run(prompt, logits: LogitsAt.Last).LastLogits());
    }
}
