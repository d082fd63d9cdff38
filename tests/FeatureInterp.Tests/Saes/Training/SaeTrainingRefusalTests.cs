using FeatureInterp.Models;
using FeatureInterp.Saes;
using FeatureInterp.Tensors;

namespace FeatureInterp.Tests;

/// <summary>Options and activations that make no sense are refused with a sentence that names them.</summary>
public class SaeTrainingRefusalTests
{
    private static readonly SaeTrainingOptions Good = SaeTrainingTests.Options(new TopKTraining { K = 4 }, 20);

    private static readonly Dictionary<string, (SaeTrainingOptions Options, string Says)> Bad = new(StringComparer.Ordinal)
    {
        ["no features"] = (Good with { DSae = 0 }, "DSae is 0"),
        ["no steps"] = (Good with { Steps = 0 }, "Steps is 0"),
        ["empty batch"] = (Good with { Batches = new BatchOptions { Size = 0 } }, "Size is 0"),
        ["buffer smaller than a batch"] = (Good with { Batches = new BatchOptions { Size = 64, BufferRows = 63 } }, "BufferRows is 63"),
        ["dead at once"] = (Good with { DeadAfterSteps = 0 }, "DeadAfterSteps is 0"),
        ["unknown normalisation"] = (Good with { Normalization = (TrainingNormalization)9 }, "Normalization is 9"),
        ["rate NaN"] = (Rate(new LearningRateSchedule { Rate = double.NaN }), "Rate is NaN"),
        ["rate infinite"] = (Rate(new LearningRateSchedule { Rate = double.PositiveInfinity }), "Rate is"),
        ["rate negative"] = (Rate(new LearningRateSchedule { Rate = -1 }), "Rate is -1"),
        ["final rate NaN"] = (Rate(new LearningRateSchedule { FinalRate = double.NaN }), "FinalRate is NaN"),
        ["warm-up longer than training"] = (Rate(new LearningRateSchedule { WarmUpSteps = 21 }), "WarmUpSteps is 21"),
        ["warm-up and decay overlap"] = (Rate(new LearningRateSchedule { WarmUpSteps = 11, DecaySteps = 10 }), "DecaySteps is 10"),
        ["no cycle"] = (Rate(new LearningRateSchedule { Cycles = 0 }), "Cycles is 0"),
        ["beta1 is 1"] = (Good with { Optimizer = new OptimizerOptions { Beta1 = 1 } }, "Beta1 is 1"),
        ["beta2 negative"] = (Good with { Optimizer = new OptimizerOptions { Beta2 = -0.1 } }, "Beta2 is -0.1"),
        ["epsilon zero"] = (Good with { Optimizer = new OptimizerOptions { Epsilon = 0 } }, "Epsilon is 0"),
        ["clipped to nothing"] = (Good with { Optimizer = new OptimizerOptions { MaxGradientNorm = 0 } }, "MaxGradientNorm is 0"),
        ["initial norm NaN"] = (Good with { Decoder = new DecoderOptions { InitialNorm = double.NaN } }, "InitialNorm is NaN"),
        ["checkpoints nowhere"] = (Good with { Checkpoints = new CheckpointOptions(" ", 5) }, "need a folder"),
        ["checkpoints never"] = (Good with { Checkpoints = new CheckpointOptions("x", 0) }, "EverySteps is 0"),
        ["k zero"] = (Good with { Objective = new TopKTraining { K = 0 } }, "K is 0"),
        ["k above d_sae"] = (Good with { Objective = new TopKTraining { K = 41 } }, "K is 41"),
        ["k a fraction of a batch"] = (Good with { Objective = new BatchTopKTraining { K = 0.01 } }, "K is 0.01"),
        ["k NaN"] = (Good with { Objective = new BatchTopKTraining { K = double.NaN } }, "K is NaN"),
        ["threshold rate above 1"] = (Good with { Objective = new BatchTopKTraining { K = 4, ThresholdRate = 1.5 } }, "ThresholdRate is 1.5"),
        ["aux negative"] = (Good with { Objective = new MatryoshkaTraining { K = 4, AuxCoefficient = -1 } }, "AuxCoefficient is -1"),
        ["widths fall"] = (Good with { Objective = new MatryoshkaTraining { K = 4, Widths = [10, 9] } }, "Widths is [10, 9]"),
        ["width above d_sae"] = (Good with { Objective = new MatryoshkaTraining { K = 4, Widths = [41] } }, "Widths is [41]"),
        ["L1 NaN"] = (Good with { Objective = new StandardTraining { L1Coefficient = double.NaN } }, "L1Coefficient is NaN"),
        ["p below 1"] = (Good with { Objective = new StandardTraining { LpNorm = 0.5 } }, "LpNorm is 0.5"),
        ["gated L1 infinite"] = (Good with { Objective = new GatedTraining { L1Coefficient = double.PositiveInfinity } }, "L1Coefficient is"),
        ["bandwidth zero"] = (Good with { Objective = new JumpReLUTraining { Bandwidth = 0 } }, "Bandwidth is 0"),
        ["threshold negative"] = (Good with { Objective = new JumpReLUTraining { InitialThreshold = -1 } }, "InitialThreshold is -1"),
        ["quadratic without target"] = (Good with { Objective = new JumpReLUTraining { Sparsity = JumpReLUSparsity.Quadratic } }, "TargetL0 is 0"),
        ["pull NaN"] = (Good with { Objective = new JumpReLUTraining { PreActCoefficient = double.NaN } }, "PreActCoefficient is NaN"),
        ["no rounds"] = (Good with { Objective = new MatchingPursuitTraining { MaxIterations = 0 } }, "MaxIterations is 0"),
        ["a factor that cannot be folded"] = (Good with { Objective = new MatchingPursuitTraining(), Normalization = TrainingNormalization.ExpectedAverageOnlyIn }, "cannot be folded"),
    };

    public static TheoryData<string> Names => new(Bad.Keys);

    [Theory, MemberData(nameof(Names))]
    public void Run_AbsurdOption_IsNamed(string name)
    {
        var found = Assert.Throws<SaeException>(() => SaeTraining.Run(SaeTrainingTests.Planted(), Bad[name].Options));
        Assert.Contains(Bad[name].Says, found.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Run_WiderThanAnArrayHolds_IsNamed()
    {
        var wide = new TensorActivations(Tensor.Zeros(1, 100));
        Assert.Contains("DSae · d_in", Assert.Throws<SaeException>(() => SaeTraining.Run(wide, Good with { DSae = 1 << 24 })).Message, StringComparison.Ordinal);
    }

    [Theory, InlineData(float.NaN), InlineData(float.PositiveInfinity), InlineData(float.NegativeInfinity)]
    public void Run_ActivationsThatAreNoNumbers_AreRefused(float value)
    {
        var rows = SaeTrainingTests.PlantedRows(200, 1, seed: 1);
        rows[150, 3] = value;
        Assert.Contains("NaN or an infinity", Assert.Throws<SaeException>(() => SaeTraining.Run(new TensorActivations(rows), Good)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Run_NothingButZeros_HasNoFactor()
    {
        var zeros = new TensorActivations(Tensor.Zeros(100, 12));
        Assert.Contains("zero", Assert.Throws<SaeException>(() => SaeTraining.Run(zeros, Good with { Normalization = TrainingNormalization.ExpectedAverageOnlyIn })).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void TensorActivations_NotAMatrix_IsRefused()
    {
        Assert.Contains("[row, width]", Assert.Throws<SaeException>(() => new TensorActivations(Tensor.Zeros(3))).Message, StringComparison.Ordinal);
        Assert.Contains("at least a row", Assert.Throws<SaeException>(() => new TensorActivations(Tensor.Zeros(0, 3))).Message, StringComparison.Ordinal);
        Assert.Contains("no activation 4", Assert.Throws<SaeException>(() => new TensorActivations(Tensor.Zeros(3, 3)).Seek(4)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void ModelActivations_NothingToRun_IsRefused()
    {
        var hook = HookPoint.Parse("blocks.1.hook_resid_post");
        Assert.Contains("at least one row", Assert.Throws<SaeException>(() => new ModelActivations(EmbeddedPair.Model, hook, [])).Message, StringComparison.Ordinal);
        Assert.Contains("none that is empty", Assert.Throws<SaeException>(() => new ModelActivations(EmbeddedPair.Model, hook, [[1], []])).Message, StringComparison.Ordinal);
        Assert.Contains("vector a token", Assert.Throws<SaeException>(() => new ModelActivations(EmbeddedPair.Model, HookPoint.Parse("blocks.1.attn.hook_pattern"), [[1]])).Message, StringComparison.Ordinal);
        Assert.Throws<HookException>(() => new ModelActivations(EmbeddedPair.Model, HookPoint.Parse("blocks.9.hook_resid_post"), [[1]]));
        Assert.Contains("less than one row", Assert.Throws<SaeException>(() => TrainingRows.Of(EmbeddedPair.Model, "Too short.", 64)).Message, StringComparison.Ordinal);
        Assert.Contains("context", Assert.Throws<SaeException>(() => TrainingRows.Of(EmbeddedPair.Model, "Too short.", 4096)).Message, StringComparison.Ordinal);
    }

    private static SaeTrainingOptions Rate(LearningRateSchedule rate) => Good with { Optimizer = new OptimizerOptions { LearningRate = rate } };
}
