using System.Text.Json;
using FeatureInterp.Models;
using FeatureInterp.Saes;
using FeatureInterp.Tensors;

namespace FeatureInterp.Tests;

/// <summary>Training steps against SAELens, when the goldens are there: losses, gradients, forward values, and weights after three steps.</summary>
public class TrainingGoldenTests
{
    // One empty row when there are no goldens: a theory without rows would fail instead of being skipped.
    public static TheoryData<string> Cases() => Repository.Shared is null ? [""] :
        [.. Directory.GetDirectories(Folder).Select(d => Path.GetFileName(d)).Where(c => c is not ("schedules" or "initial_weights")).Order(StringComparer.Ordinal)];

    private static string Folder => Path.Combine(Repository.Shared!, "goldens", "saes", "training");

    [Theory, MemberData(nameof(Cases), DisableDiscoveryEnumeration = true)]
    public void Step_EachCase_EqualsSaeLens(string name)
    {
        Assert.SkipWhen(name.Length == 0, "the peers' goldens are not here");
        var golden = new Golden(Path.Combine(Folder, name));
        var (options, parameters) = Read(golden);
        var page = new StepPage(parameters, options.AppliesDecoderBias, options.Normalization);
        var dead = golden.Names.Contains("dead_neuron_mask") ? golden.Integers("dead_neuron_mask").Index().Where(m => m.Item != 0).Select(m => m.Index).ToArray() : [];
        SaeTrainer.Compute(page, options.Objective, golden["x"], 0, dead);

        AssertLosses(golden.Json.GetProperty("losses"), golden.Json.GetProperty("loss").GetDouble(), page, 2e-6);
        var compared = 0;
        foreach (var p in parameters.All)
        {
            Golden.AssertClose("grad." + p.Name, golden["grad." + p.Name], Turned(p.Name, p.Gradient), 2e-5);
            compared++;
        }

        Assert.Equal(golden.Names.Count(n => n.StartsWith("grad.", StringComparison.Ordinal)), compared);
        Golden.AssertClose("sae_out", golden["sae_out"], page.Output, 1e-5);
        Golden.AssertClose("feature_acts", golden["feature_acts"], Dense(page), 1e-5);
        if (golden.Json.TryGetProperty("topk_threshold_after", out var threshold))
            Assert.Equal(threshold.GetDouble(), parameters.TopKThreshold, 1e-7);
        AssertThreeSteps(golden, options, parameters, page, dead);
    }

    private static Tensor Dense(StepPage page)
    {
        var acts = Tensor.Zeros(page.Active!.Rows, page.Active.DSae);
        for (var row = 0; row < page.Active.Rows; row++)
        {
            for (var e = page.Active.Starts[row]; e < page.Active.Starts[row + 1]; e++)
                acts.Row(row)[page.Active.Features[e]] = page.Activations[e];
        }

        return acts;
    }

    private static void AssertThreeSteps(Golden golden, SaeTrainingOptions options, TrainingParameters parameters, StepPage page, int[] dead)
    {
        var history = golden.Json.GetProperty("adam").GetProperty("losses_before_each_step").EnumerateArray().ToArray();
        for (var step = 0; step < history.Length; step++)
        {
            SaeTrainer.Compute(page, options.Objective, golden["x"], 0, dead);
            AssertLosses(history[step], history[step].GetProperty("loss").GetDouble(), page, 1e-5);
            SaeTrainer.Move(parameters, options, 1e-3, step + 1);
        }

        // Adam divides by the root of the mean square: an element whose gradient is all rounding moves a whole step either way.
        foreach (var p in parameters.All)
            Golden.AssertClose("after3." + p.Name, golden["after3." + p.Name], Turned(p.Name, p.Value), 2e-4);
        if (golden.Names.Contains("after3.topk_threshold"))
            Assert.Equal(golden["after3.topk_threshold"].Span[0], parameters.TopKThreshold, 1e-6);
    }

    private static void AssertLosses(JsonElement wanted, double total, StepPage page, double tolerance)
    {
        var found = page.Losses.ToDictionary(l => l.Name, l => l.Value, StringComparer.Ordinal);
        var names = wanted.EnumerateObject().Where(p => p.Name != "loss").ToArray();
        Assert.Equal(names.Select(p => p.Name).Order(StringComparer.Ordinal), found.Keys.Order(StringComparer.Ordinal));
        foreach (var part in names)
            Assert.Equal(part.Value.GetDouble(), found[part.Name], Math.Abs(part.Value.GetDouble()) * tolerance);
        Assert.Equal(total, found.Values.Sum(), total * tolerance);
    }

    private static (SaeTrainingOptions Options, TrainingParameters Parameters) Read(Golden golden)
    {
        var cfg = golden.Json.GetProperty("sae_cfg");
        var options = new SaeTrainingOptions
        {
            Objective = Objective(cfg),
            Hook = HookPoint.Parse("blocks.1.hook_resid_pre"),
            DSae = cfg.GetProperty("d_sae").GetInt32(),
            Steps = 3,
            Batches = new BatchOptions { Size = 16 },
            AppliesDecoderBias = cfg.GetProperty("apply_b_dec_to_input").GetBoolean(),
            Normalization = cfg.GetProperty("normalize_activations").GetString() == "layer_norm" ? TrainingNormalization.LayerNorm : TrainingNormalization.None,
        };
        options.Validate(cfg.GetProperty("d_in").GetInt32());
        var parameters = new TrainingParameters(options.Objective, cfg.GetProperty("d_in").GetInt32(), options.DSae);
        foreach (var p in parameters.All)
            Turned(p.Name, golden["w." + p.Name]).Span.CopyTo(p.Value.Span);
        if (golden.Names.Contains("w.topk_threshold"))
            parameters.TopKThreshold = golden["w.topk_threshold"].Span[0];
        return (options, parameters);
    }

    private static ISaeObjective Objective(JsonElement cfg)
    {
        double Number(string name) => cfg.GetProperty(name).GetDouble();
        double? Maybe(string name) => cfg.GetProperty(name).ValueKind == JsonValueKind.Null ? null : Number(name);
        bool Flag(string name) => cfg.GetProperty(name).GetBoolean();
        return cfg.GetProperty("architecture").GetString() switch
        {
            "standard" => new StandardTraining { L1Coefficient = Number("l1_coefficient"), LpNorm = Number("lp_norm") },
            "gated" => new GatedTraining { L1Coefficient = Number("l1_coefficient") },
            "topk" or "abstopk" => new TopKTraining
            {
                K = (int)Number("k"),
                ByMagnitude = cfg.GetProperty("architecture").GetString() == "abstopk",
                RescaleByDecoderNorm = Flag("rescale_acts_by_decoder_norm"),
                AuxCoefficient = Number("aux_loss_coefficient"),
            },
            "batchtopk" => new BatchTopKTraining
            {
                K = Number("k"),
                RescaleByDecoderNorm = Flag("rescale_acts_by_decoder_norm"),
                AuxCoefficient = Number("aux_loss_coefficient"),
                ThresholdRate = Number("topk_threshold_lr"),
            },
            "matryoshka_batchtopk" => new MatryoshkaTraining
            {
                K = Number("k"),
                RescaleByDecoderNorm = Flag("rescale_acts_by_decoder_norm"),
                AuxCoefficient = Number("aux_loss_coefficient"),
                ThresholdRate = Number("topk_threshold_lr"),
                Widths = [.. cfg.GetProperty("matryoshka_widths").EnumerateArray().Select(w => w.GetInt32())],
                AuxPerWidth = Flag("use_matryoshka_aux_loss"),
            },
            "jumprelu" => new JumpReLUTraining
            {
                L0Coefficient = Number("l0_coefficient"),
                Bandwidth = Number("jumprelu_bandwidth"),
                TanhScale = Number("jumprelu_tanh_scale"),
                EstimatesInput = Flag("jumprelu_ste_to_input"),
                PreActCoefficient = Maybe("pre_act_loss_coefficient"),
                TargetL0 = Maybe("target_l0"),
                Sparsity = cfg.GetProperty("jumprelu_sparsity_loss_mode").GetString() switch { "step" => JumpReLUSparsity.Step, "tanh" => JumpReLUSparsity.Tanh, _ => JumpReLUSparsity.Quadratic },
            },
            "matching_pursuit" => new MatchingPursuitTraining { ResidualThreshold = Number("residual_threshold"), MaxIterations = (int?)Maybe("max_iterations"), StopOnDuplicate = Flag("stop_on_duplicate_support") },
            var other => throw new InvalidOperationException($"a golden of the unknown kind {other}"),
        };
    }

    // W_enc lies the other way round here.
    private static Tensor Turned(string name, Tensor tensor)
    {
        if (name != "W_enc")
            return tensor;
        int rows = tensor.Shape[0], columns = tensor.Shape[1];
        var turned = Tensor.Zeros(columns, rows);
        for (var i = 0; i < rows; i++)
        {
            for (var j = 0; j < columns; j++)
                turned[j, i] = tensor[i, j];
        }

        return turned;
    }

    public static TheoryData<string> Pursuits() => Repository.Shared is null ? [""] :
        [.. Directory.GetDirectories(Path.Combine(Repository.Shared, "goldens", "saes", "arch"), "matching_pursuit*").Select(d => Path.GetFileName(d)).Order(StringComparer.Ordinal)];

    /// <summary>How the pursuit ends, in all its ways.</summary>
    [Theory, MemberData(nameof(Pursuits), DisableDiscoveryEnumeration = true)]
    public void MatchingPursuit_EachEnd_EqualsSaeLens(string name)
    {
        Assert.SkipWhen(name.Length == 0, "the peers' goldens are not here");
        var folder = Path.Combine(Repository.Shared!, "goldens", "saes", "arch", name);
        var golden = new Golden(folder);
        var cfg = JsonDocument.Parse(File.ReadAllText(Path.Combine(folder, "cfg.json"))).RootElement;
        var kind = Objective(cfg);
        var parameters = new TrainingParameters(kind, 20, 48);
        var weights = SafetensorsFile.Open(Path.Combine(folder, "sae_weights.safetensors"));
        foreach (var p in parameters.All)
            weights[p.Name].ToTensor().Span.CopyTo(p.Value.Span);
        var x = golden["x"];
        var page = new StepPage(parameters, cfg.GetProperty("apply_b_dec_to_input").GetBoolean(), TrainingNormalization.None);
        SaeTrainer.Compute(page, kind, x.Reshape(x.Length / 20, 20), 0, []);
        Golden.AssertClose("acts", golden["acts"], Dense(page), 1e-5);
        Golden.AssertClose("forward", golden["forward"], page.Output, 1e-5);
    }

    [Fact]
    public void LearningRate_EachSchedule_EqualsSaeLens()
    {
        Assert.SkipWhen(Repository.Shared is null, "the peers' goldens are not here");
        var json = JsonDocument.Parse(File.ReadAllText(Path.Combine(Folder, "schedules", "golden.json"))).RootElement;
        foreach (var row in json.GetProperty("lr").EnumerateArray())
        {
            var schedule = new LearningRateSchedule
            {
                Shape = row.GetProperty("scheduler").GetString() switch { "constant" => LearningRateShape.Constant, "cosineannealing" => LearningRateShape.Cosine, _ => LearningRateShape.CosineWithRestarts },
                Rate = row.GetProperty("lr").GetDouble(),
                WarmUpSteps = row.GetProperty("warm_up_steps").GetInt32(),
                DecaySteps = row.GetProperty("decay_steps").GetInt32(),
                FinalRate = row.GetProperty("lr_end").GetDouble(),
                Cycles = row.GetProperty("num_cycles").GetInt32(),
            };
            var steps = row.GetProperty("training_steps").GetInt32();
            foreach (var (step, rate) in row.GetProperty("lr_at_each_step").EnumerateArray().Index())
                Assert.Equal(rate.GetDouble(), schedule.At(step, steps), 1e-15);
        }

        var coefficient = json.GetProperty("coefficient");
        foreach (var (step, value) in coefficient.GetProperty("value_at_each_step").EnumerateArray().Index())
            Assert.Equal(value.GetDouble(), CoefficientSchedule.At(coefficient.GetProperty("final_value").GetDouble(), coefficient.GetProperty("warm_up_steps").GetInt32(), step), 1e-12);
    }

    [Fact]
    public void InitialWeights_EachKind_AreDrawnLikeSaeLens()
    {
        Assert.SkipWhen(Repository.Shared is null, "the peers' goldens are not here");
        var rows = JsonDocument.Parse(File.ReadAllText(Path.Combine(Folder, "initial_weights", "golden.json"))).RootElement.GetProperty("rows");
        foreach (var row in rows.EnumerateArray())
        {
            var kind = Objective(row.GetProperty("config_defaults"));
            var parameters = new TrainingParameters(kind, 20, 48);
            parameters.Initialize(row.GetProperty("decoder_init_norm").GetDouble(), new TrainingRandom(7));
            kind.Initialize(parameters);
            foreach (var wanted in row.GetProperty("parameters").EnumerateObject().Where(p => p.Name != "topk_threshold" && (kind.HasEncoder || p.Name != "W_enc")))
            {
                var values = parameters[wanted.Name].Value.Span.ToArray();
                var spread = wanted.Value.GetProperty("std").GetDouble();
                Assert.Equal(wanted.Value.GetProperty("mean").GetDouble(), values.Average(v => (double)v), spread * 0.1 + 1e-8);
                Assert.Equal(spread, Math.Sqrt(values.Average(v => (double)v * v) - Math.Pow(values.Average(v => (double)v), 2)), spread * 0.02 + 1e-8);
                Assert.Equal(wanted.Value.GetProperty("max").GetDouble(), values.Max(Math.Abs), wanted.Value.GetProperty("max").GetDouble() * 0.25);
            }

            foreach (var norm in parameters.DecoderNorms())
                Assert.Equal(row.GetProperty("decoder_init_norm").GetDouble(), norm, 1e-6);
        }
    }
}
