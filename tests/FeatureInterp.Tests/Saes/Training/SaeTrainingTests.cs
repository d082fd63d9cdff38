using System.Text.Json.Nodes;
using FeatureInterp.Models;
using FeatureInterp.Saes;
using FeatureInterp.Tensors;

namespace FeatureInterp.Tests;

/// <summary>Whole trainings: what they learn, to the bit the same after a stop, and what is saved.</summary>
public sealed class SaeTrainingTests : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("sae-training-");

    public static Dictionary<string, ISaeObjective> Kinds { get; } = new(StringComparer.Ordinal)
    {
        ["standard"] = new StandardTraining { L1Coefficient = 0.05, L1WarmUpSteps = 10 },
        ["gated"] = new GatedTraining { L1Coefficient = 0.05 },
        ["topk"] = new TopKTraining { K = 4 },
        ["topk, not rescaled"] = new TopKTraining { K = 4, RescaleByDecoderNorm = false },
        ["abstopk"] = new TopKTraining { K = 4, ByMagnitude = true },
        ["batchtopk"] = new BatchTopKTraining { K = 4, ThresholdRate = 0.2 },
        ["matryoshka"] = new MatryoshkaTraining { K = 4, Widths = [10, 20], ThresholdRate = 0.2 },
        ["jumprelu"] = new JumpReLUTraining { L0Coefficient = 0.05, Bandwidth = 0.2, InitialThreshold = 0.1, EstimatesInput = true },
        ["matching pursuit"] = new MatchingPursuitTraining { MaxIterations = 4 },
    };

    public static TheoryData<string> Names => new(Kinds.Keys);

    public void Dispose() => _folder.Delete(recursive: true);

    [Theory, MemberData(nameof(Names))]
    public void Run_Planted_LearnsToReconstruct(string kind)
    {
        var history = new List<SaeTrainingProgress>();
        var trained = SaeTraining.Run(Planted(), Options(Kinds[kind], 300), new Sink(history.Add));
        Assert.Equal(300, history.Count);
        Assert.Equal(300 * 64, trained.Tokens);
        Assert.True(history[^1].Quality.ExplainedVariance > 0.85, $"explained {history[^1].Quality.ExplainedVariance}");
        Assert.True(history[^1].Quality.Loss < history[0].Quality.Loss / 3);
        Assert.All(history, p => Assert.InRange(p.Quality.L0, 0, 40));
        Assert.All(history.Skip(1), p => Assert.True(p.TokensPerSecond > 0 && p.TimeLeft >= TimeSpan.Zero));
        Assert.Equal(TimeSpan.Zero, history[^1].TimeLeft);
    }

    [Theory, MemberData(nameof(Names))]
    public void Run_CancelledAndResumed_IsTheSameToTheBit(string kind)
    {
        var options = Options(Kinds[kind], 40) with { DeadAfterSteps = 4, Normalization = kind == "matching pursuit" ? TrainingNormalization.None : TrainingNormalization.ExpectedAverageOnlyIn };
        var straight = SaeTraining.Run(Planted(), options);

        var kept = options with { Checkpoints = new CheckpointOptions(Path.Combine(_folder.FullName, "checkpoints"), 20) };
        using (var cancel = new CancellationTokenSource())
        {
            Assert.Throws<OperationCanceledException>(() => SaeTraining.Run(Planted(), kept, new Sink(p => Cancel(cancel, p.Step == 20)), cancel.Token));
        }

        // Once more in the middle, where only cancelling keeps the state.
        using (var cancel = new CancellationTokenSource())
        {
            Assert.Throws<OperationCanceledException>(() => SaeTraining.Run(Planted(), kept, new Sink(p => Cancel(cancel, p.Step == 33)), cancel.Token));
        }

        Assert.Equal("checkpoint-0000000033.safetensors", Path.GetFileName(Assert.Single(Directory.GetFiles(kept.Checkpoints!.Folder))));
        var first = 0;
        var resumed = SaeTraining.Run(Planted(), kept, new Sink(p => first = first == 0 ? p.Step : first));
        Assert.Equal(34, first);
        AssertSame(straight, resumed);
        Assert.Equal(straight.LastBatch!.Losses, resumed.LastBatch!.Losses);
    }

    [Fact]
    public void Run_FromACheckpointOfTheEnd_HasNothingLeftToDo()
    {
        var options = Options(Kinds["topk"], 10) with { Checkpoints = new CheckpointOptions(_folder.FullName, 10) };
        var first = SaeTraining.Run(Planted(), options);
        var again = SaeTraining.Run(Planted(), options, new Sink(_ => Assert.Fail("there was a step")));
        AssertSame(first, again);
        Assert.Null(again.LastBatch);
    }

    [Fact]
    public void Run_CheckpointOfAnotherTraining_IsRefused()
    {
        var options = Options(Kinds["topk"], 10) with { Checkpoints = new CheckpointOptions(_folder.FullName, 5) };
        SaeTraining.Run(Planted(), options);
        foreach (var other in new[] { options with { Seed = 2 }, options with { Objective = new TopKTraining { K = 3 } }, options with { Steps = 11 } })
            Assert.Contains("other options", Assert.Throws<SaeException>(() => SaeTraining.Run(Planted(), other)).Message, StringComparison.Ordinal);
        var unwanted = options with { Checkpoints = options.Checkpoints! with { Resume = false } };
        Assert.Contains("checkpoint already", Assert.Throws<SaeException>(() => SaeTraining.Run(Planted(), unwanted)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Run_CheckpointCutShort_IsNamed()
    {
        var options = Options(Kinds["topk"], 10) with { Checkpoints = new CheckpointOptions(_folder.FullName, 10) };
        SaeTraining.Run(Planted(), options);
        var path = Directory.GetFiles(_folder.FullName).Single();
        File.WriteAllBytes(path, File.ReadAllBytes(path)[..^100]);
        Assert.Contains(path, Assert.Throws<WeightFileException>(() => SaeTraining.Run(Planted(), options)).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("random", null, "'random'")]
    [InlineData("W_dec.square", null, "'W_dec.square'")]
    [InlineData("W_dec", new long[] { 1, 2 }, "'W_dec' is")]
    [InlineData("random", new long[] { 1, 2, 3 }, "'random' is")]
    [InlineData("numbers", new long[] { 11, 0, 0 }, "step 11 of 10")]
    [InlineData("numbers", new long[] { -1, 0, 0 }, "step -1 of 10")]
    [InlineData("buffer.counts", new long[] { 301, 0, 0, 0 }, "'buffer.counts'")]
    [InlineData("buffer.counts", new long[] { 0, 0, 0, long.MaxValue }, "'buffer.counts'")]
    [InlineData("buffer.counts", new long[] { 0, 0, 4000, 0 }, "no activation 4000")]
    [InlineData("activity.window", new long[] { 1 }, "'activity.window' is")]
    public void Run_CheckpointWithAnArrayMissingOrWrong_NamesIt(string name, long[]? instead, string says)
    {
        var options = Options(Kinds["topk"], 10) with { Checkpoints = new CheckpointOptions(_folder.FullName, 10) };
        SaeTraining.Run(Planted(), options);
        Rewrite(Directory.GetFiles(_folder.FullName).Single(), name, instead);
        var found = Assert.ThrowsAny<Exception>(() => SaeTraining.Run(Planted(), options));
        Assert.True(found is SaeException or WeightFileException, found.ToString());
        Assert.Contains(says, found.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Run_CheckpointWhoseOrderRepeats_IsRefused()
    {
        var options = Options(Kinds["topk"], 10) with { Checkpoints = new CheckpointOptions(_folder.FullName, 10) };
        SaeTraining.Run(Planted(), options);
        Rewrite(Directory.GetFiles(_folder.FullName).Single(), "buffer.order", new long[300]);
        Assert.Contains("not an order", Assert.Throws<SaeException>(() => SaeTraining.Run(Planted(), options)).Message, StringComparison.Ordinal);
    }

    // The same file with one array replaced or left out.
    private static void Rewrite(string path, string name, long[]? instead)
    {
        var (file, writer) = (SafetensorsFile.Open(path), new SafetensorsWriter());
        foreach (var (key, value) in file.Metadata)
            writer.AddMetadata(key, value);
        foreach (var weight in file.Weights.Values.Where(w => w.Name != name))
        {
            if (weight.DType == DType.I64)
                writer.Add(weight.Name, weight.ToInt64());
            else
                writer.Add(weight.Name, weight.ToTensor());
        }

        if (instead is not null)
            writer.Add(name, instead);
        writer.Save(path);
    }

    [Fact]
    public void Run_OtherSeed_GivesOtherWeights()
    {
        var one = SaeTraining.Run(Planted(), Options(Kinds["topk"], 3));
        var other = SaeTraining.Run(Planted(), Options(Kinds["topk"], 3) with { Seed = 1 });
        Assert.NotEqual(one.Parameters.Decoder.Value.Span.ToArray(), other.Parameters.Decoder.Value.Span.ToArray());
    }

    [Fact]
    public void Run_UnitNorm_IsKept()
    {
        var trained = SaeTraining.Run(Planted(), Options(Kinds["standard"], 20) with { Decoder = new DecoderOptions { KeepsUnitNorm = true } });
        foreach (var norm in trained.Parameters.DecoderNorms())
            Assert.Equal(1, norm, 1e-5);
    }

    // A rate that is no longer one: what was learned is lost, and that must be said.
    [Theory, MemberData(nameof(Names))]
    public void Run_RunsAway_SaysSo(string kind)
    {
        var wild = Options(Kinds[kind], 50) with { Optimizer = new OptimizerOptions { LearningRate = new LearningRateSchedule { Rate = 1e30 } } };
        Assert.Contains("run away", Assert.Throws<SaeException>(() => SaeTraining.Run(Planted(), wild)).Message, StringComparison.Ordinal);
    }

    public static TheoryData<string, bool> Saved()
    {
        var cases = new TheoryData<string, bool>();
        foreach (var kind in Kinds.Keys)
        {
            cases.Add(kind, false);
            if (kind != "matching pursuit")
                cases.Add(kind, true);
        }

        return cases;
    }

    [Theory, MemberData(nameof(Saved))]
    public void Save_LoadedAgain_EncodesAndReconstructsAsTrained(string kind, bool factor)
    {
        var options = Options(Kinds[kind], 60) with { Normalization = factor ? TrainingNormalization.ExpectedAverageOnlyIn : TrainingNormalization.None };
        var trained = SaeTraining.Run(Planted(scale: 9), options);
        trained.Save(_folder.FullName);
        var sae = SparseAutoencoder.Load(_folder.FullName);
        var x = PlantedRows(20, 9, seed: 77);
        var (acts, output) = TrainedFeatures.Of(trained, x);
        Golden.AssertClose("acts", acts, sae.EncodeDense(x), 1e-4);
        Golden.AssertClose("output", output, sae.Reconstruct(x), 1e-4);
        Assert.Contains(acts.Span.ToArray(), v => v != 0);
    }

    [Fact]
    public void Save_Config_SaysWhereItComesFrom()
    {
        var trained = SaeTraining.Run(Planted(), Options(Kinds["batchtopk"], 5));
        trained.Save(_folder.FullName);
        var cfg = JsonNode.Parse(File.ReadAllText(Path.Combine(_folder.FullName, "cfg.json")))!;
        Assert.Equal("jumprelu", (string?)cfg["architecture"]);
        Assert.Equal("batchtopk", (string?)cfg["metadata"]!["training_architecture"]);
        Assert.Equal("blocks.0.hook_resid_post", (string?)cfg["metadata"]!["hook_name"]);
        Assert.Equal("planted", (string?)cfg["metadata"]!["model_name"]);
        var recipe = cfg["metadata"]!["featureinterp"]!["recipe"]!;
        Assert.Equal(4, (double?)recipe["objective"]!["k"]);
        Assert.Equal(42, (long?)recipe["seed"]);
        Assert.Equal("made up", (string?)recipe["activations"]!["how"]);
        Assert.Equal(5 * 64, (long?)cfg["metadata"]!["featureinterp"]!["tokens_seen"]);
        var sparsity = SafetensorsFile.Open(Path.Combine(_folder.FullName, "sparsity.safetensors"))["sparsity"].ToTensor();
        Assert.Equal(40, sparsity.Length);
        Assert.Equal(4, sparsity.Span.ToArray().Sum(v => Math.Pow(10, v)), 0.01);
        Assert.Equal(["W_dec", "W_enc", "b_dec", "b_enc", "threshold"], SafetensorsFile.Open(Path.Combine(_folder.FullName, "sae_weights.safetensors")).Weights.Keys.Order(StringComparer.Ordinal));
        Assert.DoesNotContain(Directory.GetFiles(_folder.FullName), f => f.EndsWith(".partial", StringComparison.Ordinal));
    }

    [Theory, InlineData("gated", "b_gate,b_mag,r_mag"), InlineData("topk", "b_enc"), InlineData("abstopk", "b_enc"), InlineData("matching pursuit", "")]
    public void Save_OtherKinds_HaveSaeLensArrays(string kind, string vectors)
    {
        var trained = SaeTraining.Run(Planted(), Options(Kinds[kind], 5));
        trained.Save(_folder.FullName);
        var file = SafetensorsFile.Open(Path.Combine(_folder.FullName, "sae_weights.safetensors"));
        string[] matrices = kind == "matching pursuit" ? ["W_dec", "b_dec"] : ["W_dec", "W_enc", "b_dec"];
        Assert.Equal(matrices.Concat(vectors.Split(',', StringSplitOptions.RemoveEmptyEntries)).Order(StringComparer.Ordinal), file.Weights.Keys.Order(StringComparer.Ordinal));
        if (kind != "matching pursuit")
            Assert.Equal([12, 40], file["W_enc"].Shape);
        Assert.Equal([40, 12], file["W_dec"].Shape);
        var cfg = JsonNode.Parse(File.ReadAllText(Path.Combine(_folder.FullName, "cfg.json")))!;
        Assert.Equal(Kinds[kind].Architecture, (string?)cfg["architecture"]);
        if (kind.EndsWith("topk", StringComparison.Ordinal))
            Assert.Equal(4, (int?)cfg["k"]);
    }

    internal static SaeTrainingOptions Options(ISaeObjective kind, int steps) => new()
    {
        Objective = kind,
        Hook = HookPoint.Parse("blocks.0.hook_resid_post"),
        DSae = 40,
        Steps = steps,
        Batches = new BatchOptions { Size = 64, BufferRows = 300 },
        Optimizer = new OptimizerOptions { LearningRate = new LearningRateSchedule { Rate = 0.01, WarmUpSteps = Math.Min(5, steps / 2), DecaySteps = steps / 4 } },
    };

    /// <summary>Activations that a few of 30 directions make, each token 3 of them.</summary>
    internal static TensorActivations Planted(float scale = 1) => new(PlantedRows(1100, scale, seed: 5), new ActivationOrigin { ModelName = "planted", Details = new JsonObject { ["how"] = "made up" } });

    internal static Tensor PlantedRows(int rows, float scale, int seed)
    {
        var random = new Random(99);
        var directions = new float[30, 12];
        for (var i = 0; i < directions.Length; i++)
            directions[i / 12, i % 12] = (float)(random.NextDouble() - 0.5);
        random = new Random(seed);
        var x = Tensor.Zeros(rows, 12);
        for (var r = 0; r < rows; r++)
        {
            for (var n = 0; n < 3; n++)
            {
                var (f, strength) = (random.Next(30), 1 + random.NextSingle());
                for (var d = 0; d < 12; d++)
                    x[r, d] += scale * strength * directions[f, d];
            }

            for (var d = 0; d < 12; d++)
                x[r, d] += scale * 0.3f;
        }

        return x;
    }

    private static void Cancel(CancellationTokenSource source, bool now)
    {
        if (now)
            source.Cancel();
    }

    private static void AssertSame(TrainedSae a, TrainedSae b)
    {
        foreach (var (p, q) in a.Parameters.All.Zip(b.Parameters.All))
        {
            KernelBits(p.Value, q.Value, p.Name);
            KernelBits(p.Mean, q.Mean, p.Name + " mean");
            KernelBits(p.Square, q.Square, p.Name + " square");
        }

        Assert.Equal(a.Parameters.TopKThreshold, b.Parameters.TopKThreshold);
    }

    private static void KernelBits(Tensor a, Tensor b, string name) => Tensors.KernelCases.AssertSameBits(a.Span, b.Span, name);

    internal sealed class Sink(Action<SaeTrainingProgress> report) : IProgress<SaeTrainingProgress>
    {
        public void Report(SaeTrainingProgress value) => report(value);
    }
}
