using FeatureInterp.Models;
using FeatureInterp.Saes;
using FeatureInterp.Tensors;

namespace FeatureInterp.Tests;

/// <summary>Where activations come from, and how they are mixed.</summary>
public class ActivationSourceTests
{
    private static readonly string Text = string.Concat(Enumerable.Range(0, 60).Select(i => $"Once upon a time there were {i} little mice who lived in a hole.\n"));

    [Fact]
    public void ModelActivations_EmbeddedModel_AreTheHooksWithoutSpecialTokens()
    {
        var model = EmbeddedPair.Model;
        var rows = TrainingRows.Of(model, Text, 32);
        Assert.All(rows, r => Assert.Equal((32, model.Tokenizer!.BosId), (r.Length, r[0])));
        Assert.Equal(model.Tokenizer!.Encode(Text, addSpecialTokens: false)[..62], rows[0][1..].Concat(rows[1][1..]));

        var hook = HookPoint.Parse("blocks.3.hook_resid_post");
        var source = new ModelActivations(model, hook, rows);
        var all = TensorActivations.Of(source, int.MaxValue);
        Assert.Equal((rows.Length * 31, 256), (all.Count, all.Width));
        var run = model.Run(rows[5], capture: hook.ToString());
        var block = all.Next(default)!;
        for (var t = 1; t < 32; t++)
            Golden.AssertClose($"token {t}", run.Activations[hook][0][t], block[5 * 31 + t - 1], 1e-6);

        var withAll = TensorActivations.Of(new ModelActivations(model, hook, rows, excludeSpecialTokens: false), 40);
        Assert.Equal(40, withAll.Count);
        Golden.AssertClose("bos", run.Activations[hook][0][0], withAll.Next(default)![0], 1e-6);
    }

    [Fact]
    public void ModelActivations_Seek_GoesOnFromThere()
    {
        var model = EmbeddedPair.Model;
        var source = new ModelActivations(model, HookPoint.Parse("blocks.0.attn.hook_z"), TrainingRows.Of(model, string.Concat(Enumerable.Repeat(Text, 6)), 200));
        Assert.True(source.Origin.FlattensHeads && source.Origin.PrependBos);
        source.Next(default);
        var (position, second) = (source.Position, source.Next(default)!);
        source.Next(default);
        source.Seek(position);
        Assert.Equal(second.Span.ToArray(), source.Next(default)!.Span.ToArray());
        Assert.Throws<SaeException>(() => source.Seek(-1));
        while (source.Next(default) is not null)
        {
        }

        Assert.Null(source.Next(default));
    }

    [Fact]
    public void Run_OnAModelsText_TrainsAndSaysWhatOn()
    {
        var model = EmbeddedPair.Model;
        var options = new SaeTrainingOptions
        {
            Objective = new BatchTopKTraining { K = 16, ThresholdRate = 0.2 },
            Hook = HookPoint.Parse("blocks.1.hook_resid_post"),
            DSae = 256,
            Steps = 25,
            Batches = new BatchOptions { Size = 256, BufferRows = 1024 },
            Optimizer = new OptimizerOptions { LearningRate = new LearningRateSchedule { Rate = 3e-3 } },
            Normalization = TrainingNormalization.ExpectedAverageOnlyIn,
        };
        var trained = SaeTraining.Run(model, string.Concat(Enumerable.Repeat(Text, 3)), options);
        Assert.True(trained.LastBatch!.ExplainedVariance > 0.5, $"explained {trained.LastBatch.ExplainedVariance}");
        var folder = Directory.CreateTempSubdirectory("trained-");
        try
        {
            trained.Save(folder.FullName);
            var sae = SparseAutoencoder.Load(folder.FullName).For(model);
            Assert.Equal(("talegrid-6m", 256, true), (sae.Config.ModelName, sae.Config.Origin.ContextSize, sae.Config.PrependBos));
            var run = model.Run(Text[..300], splice: [sae.Splice()]);
            Assert.True(float.IsFinite(run.Logits[0].Span[0]));
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    [Fact]
    public void Run_ModelSourceCancelledAndResumed_IsTheSameToTheBit()
    {
        var folder = Directory.CreateTempSubdirectory("resumed-");
        try
        {
            var model = EmbeddedPair.Model;
            var rows = TrainingRows.Of(model, Text, 50);
            var options = new SaeTrainingOptions
            {
                Objective = new TopKTraining { K = 8 },
                Hook = HookPoint.Parse("blocks.0.hook_resid_post"),
                DSae = 128,
                Steps = 12,
                Batches = new BatchOptions { Size = 128, BufferRows = 500 },
            };
            var straight = SaeTraining.Run(model, rows, options);
            var kept = options with { Checkpoints = new CheckpointOptions(folder.FullName, 5) };
            using var cancel = new CancellationTokenSource();
            Assert.Throws<OperationCanceledException>(() => SaeTraining.Run(model, rows, kept, new SaeTrainingTests.Sink(p =>
            {
                if (p.Step == 7)
                    cancel.Cancel();
            }), cancel.Token));
            var resumed = SaeTraining.Run(model, rows, kept);
            foreach (var (p, q) in straight.Parameters.All.Zip(resumed.Parameters.All))
                Tensors.KernelCases.AssertSameBits(p.Value.Span, q.Value.Span, p.Name);
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    [Theory, InlineData(100, 250), InlineData(37, 80), InlineData(64, 64)]
    public void MixingBuffer_ManyEpochs_HandsOutEveryRowAlikeAndOutOfOrder(int batchRows, int capacity)
    {
        const int Rows = 333;
        var rows = Tensor.Zeros(Rows, 2);
        for (var r = 0; r < Rows; r++)
            rows[r, 0] = r;
        var buffer = new MixingBuffer(new TensorActivations(rows), capacity, new TrainingRandom(3));
        var (counts, order, batch) = (new int[Rows], new List<int>(), Tensor.Zeros(batchRows, 2));
        for (var i = 0; i < 40; i++)
        {
            buffer.Take(batch, default);
            for (var r = 0; r < batchRows; r++)
                order.Add((int)batch[r, 0]);
        }

        foreach (var r in order)
            counts[r]++;

        // A row that has been read may stay for some rounds, half as likely with each.
        var even = 40.0 * batchRows / Rows;
        Assert.All(counts, c => Assert.InRange(c, even - 6, even + (double)capacity / Rows + 1));
        Assert.True(order.Zip(order.Skip(1)).Count(p => p.Second == p.First + 1) < order.Count / 10);
        Assert.True(buffer.Epochs >= even - 1);
    }

    // Outputs of the algorithm's authors' code for the state 1, 2, 3, 4.
    [Fact]
    public void TrainingRandom_KnownState_GivesThePublishedNumbers()
    {
        var random = new TrainingRandom(0) { State = [1, 2, 3, 4] };
        ulong[] published = [11520, 0, 1509978240, 1215971899390074240, 1216172134540287360, 607988272756665600, 16172922978634559625];
        foreach (var value in published)
            Assert.Equal((value >> 11) * Math.Pow(2, -53), random.NextDouble());
    }

    [Fact]
    public void LearningRate_Formulas_HoldAtTheirEnds()
    {
        var cosine = new LearningRateSchedule { Rate = 2, Shape = LearningRateShape.Cosine, WarmUpSteps = 4, DecaySteps = 5, FinalRate = 1 };
        Assert.Equal([0.5, 1, 1.5, 2, 2], Enumerable.Range(0, 5).Select(s => cosine.At(s, 29)));
        Assert.Equal(1.5, cosine.At(14, 29), 1e-12);
        Assert.Equal([1, 0.8, 0.6, 0.4, 0.2], Enumerable.Range(24, 5).Select(s => Math.Round(cosine.At(s, 29), 12)));
        var restarts = cosine with { Shape = LearningRateShape.CosineWithRestarts, Cycles = 2 };
        Assert.Equal(2, restarts.At(14, 29), 1e-12);
        Assert.Equal(1.5, restarts.At(9, 29), 1e-12);
    }
}
