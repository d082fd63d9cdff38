using System.Text.Json.Nodes;

namespace FeatureInterp.Saes;

/// <summary>How JumpReLU's sparsity is measured.</summary>
public enum JumpReLUSparsity
{
    /// <summary>c · mean L0, the number of features that fire (Rajamanoharan et al. 2024b).</summary>
    Step,

    /// <summary>c · mean Σ tanh(s · f · ‖W_dec‖) (Anthropic's update of January 2025).</summary>
    Tanh,

    /// <summary>c · 2/L0* · mean (L0 − L0*)², which aims at a number of features (Gemma Scope 2).</summary>
    Quadratic,
}

/// <summary>
/// JumpReLU SAEs: f = pre where pre &gt; θ, else 0, with a trained threshold a feature. Neither the jump nor the number of features has a useful slope, so the gradient
/// comes from a ramp of width b around the threshold in their place (straight-through estimation).
/// </summary>
public sealed record JumpReLUTraining : ISaeObjective
{
    /// <summary>How sparsity is measured.</summary>
    public JumpReLUSparsity Sparsity { get; init; } = JumpReLUSparsity.Step;

    /// <summary>c: the larger, the fewer features.</summary>
    public double L0Coefficient { get; init; } = 1;

    /// <summary>The steps over which c rises from 0.</summary>
    public int L0WarmUpSteps { get; init; }

    /// <summary>L0*, for <see cref="JumpReLUSparsity.Quadratic"/>.</summary>
    public double? TargetL0 { get; init; }

    /// <summary>s, for <see cref="JumpReLUSparsity.Tanh"/>.</summary>
    public double TanhScale { get; init; } = 4;

    /// <summary>Where θ starts.</summary>
    public double InitialThreshold { get; init; } = 0.01;

    /// <summary>b, the width of the ramp.</summary>
    public double Bandwidth { get; init; } = 0.05;

    /// <summary>Whether the ramp's slope reaches the encoder too, not only the threshold.</summary>
    public bool EstimatesInput { get; init; }

    /// <summary>The weight of mean Σ ReLU(θ − pre) · ‖W_dec‖ over dead features, which pulls them back; null for none.</summary>
    public double? PreActCoefficient { get; init; }

    /// <inheritdoc/>
    public string Architecture => "jumprelu";

    IReadOnlyList<string> ISaeObjective.Vectors => [Names.EncoderBias, Names.Threshold];

    JsonObject ISaeObjective.Details => new()
    {
        ["jumprelu_init_threshold"] = InitialThreshold,
        ["jumprelu_bandwidth"] = Bandwidth,
        ["jumprelu_sparsity_loss_mode"] = Sparsity switch { JumpReLUSparsity.Step => "step", JumpReLUSparsity.Tanh => "tanh", _ => "quadratic" },
        ["l0_coefficient"] = L0Coefficient,
        ["l0_warm_up_steps"] = L0WarmUpSteps,
        ["pre_act_loss_coefficient"] = PreActCoefficient,
        ["jumprelu_tanh_scale"] = TanhScale,
        ["jumprelu_ste_to_input"] = EstimatesInput,
        ["target_l0"] = TargetL0,
    };

    void ISaeObjective.Validate(SaeTrainingOptions options)
    {
        TrainingFaults.NotNegative(L0Coefficient, nameof(L0Coefficient));
        TrainingFaults.Between(L0WarmUpSteps, 0, int.MaxValue, nameof(L0WarmUpSteps));
        TrainingFaults.Positive(TanhScale, nameof(TanhScale));
        TrainingFaults.NotNegative(InitialThreshold, nameof(InitialThreshold));
        TrainingFaults.Positive(Bandwidth, nameof(Bandwidth));
        TrainingFaults.NotNegative(PreActCoefficient ?? 0, nameof(PreActCoefficient));
        if (Sparsity == JumpReLUSparsity.Quadratic)
            TrainingFaults.Between(TargetL0 ?? 0, double.Epsilon, options.DSae, nameof(TargetL0), "the number of features");
    }

    void ISaeObjective.Initialize(TrainingParameters parameters) => parameters[Names.Threshold].Value.Span.Fill((float)InitialThreshold);

    void ISaeObjective.Step(StepPage page)
    {
        var p = page.Parameters;
        var threshold = p[Names.Threshold];

        // A threshold below 0 would let every feature fire: it counts as 0, and then has no gradient.
        var limits = Array.ConvertAll(threshold.Value.Span.ToArray(), t => MathF.Max(t, 0));
        var rampStarts = Array.ConvertAll(limits, t => t - (float)(Bandwidth / 2));
        var coldest = PreActCoefficient is null ? [] : page.DeadFeatures;
        var batches = coldest.Length > 0
            ? page.Encode(p[Names.EncoderBias], null, RowSelectors.Above(rampStarts), RowSelectors.BelowOf(coldest, limits))
            : page.Encode(p[Names.EncoderBias], null, RowSelectors.Above(rampStarts));

        var near = batches[0];                                          // what fires or is on the ramp
        var f = new float[near.Count];
        for (var e = 0; e < f.Length; e++)
            f[e] = near.Values[e] > limits[near.Features[e]] ? near.Values[e] : 0;
        page.Fire(near, f);
        var gradient = page.Reconstruct(near, f);
        var stepGradient = JumpReLUPenalty.Add(this, page, near, f, gradient);
        ThroughJump(near, f, limits, gradient, stepGradient, threshold.Gradient.Span);
        page.Encoded(near, gradient, p[Names.EncoderBias]);
        if (PreActCoefficient is { } weight)
            page.Losses.Add((Names.PreActivation, coldest.Length > 0 ? JumpReLUPenalty.AddPull(page, batches[1], limits, weight, threshold) : 0));
        for (var feature = 0; feature < limits.Length; feature++)
        {
            if (!(threshold.Value.Span[feature] > 0))
                threshold.Gradient.Span[feature] = 0;
        }
    }

    void ISaeObjective.Export(TrainingParameters parameters, SaeExport export)
    {
        export.AddVector(Names.EncoderBias, parameters[Names.EncoderBias].Value);
        var threshold = parameters[Names.Threshold].Value.Clone();
        TensorPrimitives.Max(threshold.Span, 0, threshold.Span);
        export.AddThreshold(threshold, isFolded: false);
    }

    // From the gradient with respect to f, and with respect to whether a feature fires, to those with respect to pre (in place) and θ.
    private void ThroughJump(SparseBatch near, float[] f, float[] limits, float[] gradient, float[] stepGradient, Span<float> thresholdGradient)
    {
        for (var row = 0; row < near.Rows; row++)
        {
            for (var e = near.Starts[row]; e < near.Starts[row + 1]; e++)
            {
                var feature = near.Features[e];
                var isOnRamp = Math.Abs((near.Values[e] - limits[feature]) / (float)Bandwidth) < 0.5f;
                var slope = isOnRamp ? (float)((limits[feature] * gradient[e] + stepGradient[row]) / Bandwidth) : 0;
                thresholdGradient[feature] -= slope;
                gradient[e] = (near.Values[e] > limits[feature] ? gradient[e] : 0) + (EstimatesInput ? slope : 0);
            }
        }
    }
}
