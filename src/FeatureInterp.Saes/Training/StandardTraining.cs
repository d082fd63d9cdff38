using System.Text.Json.Nodes;

namespace FeatureInterp.Saes;

/// <summary>
/// The first kind of SAE: f = ReLU(x·W_enc + b_enc), x̂ = f·W_dec + b_dec, loss = mean ‖x − x̂‖² + c · mean (Σ (f·‖W_dec‖)ᵖ)^(1/p): few and weak features,
/// each measured by what it writes, so that a decoder cannot grow to escape the penalty (Bricken et al. 2023; Anthropic's update of April 2024).
/// </summary>
public sealed record StandardTraining : ISaeObjective
{
    /// <summary>c: the larger, the fewer features.</summary>
    public double L1Coefficient { get; init; } = 1;

    /// <summary>p, at least 1: the norm by which a token's features are measured.</summary>
    public double LpNorm { get; init; } = 1;

    /// <summary>The steps over which c rises from 0.</summary>
    public int L1WarmUpSteps { get; init; }

    /// <inheritdoc/>
    public string Architecture => "standard";

    JsonObject ISaeObjective.Details => new() { ["l1_coefficient"] = L1Coefficient, ["lp_norm"] = LpNorm, ["l1_warm_up_steps"] = L1WarmUpSteps };

    void ISaeObjective.Validate(SaeTrainingOptions options)
    {
        TrainingFaults.NotNegative(L1Coefficient, nameof(L1Coefficient));
        TrainingFaults.Between(LpNorm, 1, 16, nameof(LpNorm));
        TrainingFaults.Between(L1WarmUpSteps, 0, int.MaxValue, nameof(L1WarmUpSteps));
    }

    void ISaeObjective.Step(StepPage page)
    {
        var p = page.Parameters;
        var active = page.Encode(p[Names.EncoderBias], null, RowSelectors.Positive(p.DSae))[0];
        var f = active.Values;
        page.Fire(active, f);
        var gradient = page.Reconstruct(active, f);
        AddPenalty(page, active, f, gradient);
        page.Encoded(active, gradient, p[Names.EncoderBias]);
    }

    void ISaeObjective.Export(TrainingParameters parameters, SaeExport export) => export.AddVector(Names.EncoderBias, parameters[Names.EncoderBias].Value);

    // With u = f·‖W‖ and s = (Σ uᵖ)^(1/p): ds/du = (u/s)^(p−1).
    private void AddPenalty(StepPage page, SparseBatch active, float[] f, float[] gradient)
    {
        var c = CoefficientSchedule.At(L1Coefficient, L1WarmUpSteps, page.StepNumber) / active.Rows;
        var norms = page.DecoderNorms;
        var normGradient = new float[norms.Length];
        var sum = 0.0;
        for (var row = 0; row < active.Rows; row++)
        {
            int from = active.Starts[row], to = active.Starts[row + 1];
            var s = 0.0;
            for (var e = from; e < to; e++)
                s += Power((double)f[e] * norms[active.Features[e]], LpNorm);
            s = Power(s, 1 / LpNorm);
            sum += s;
            for (var e = from; e < to && s > 0; e++)
            {
                var feature = active.Features[e];
                var slope = c * Power(f[e] * norms[feature] / s, LpNorm - 1);
                gradient[e] += (float)(slope * norms[feature]);
                normGradient[feature] += (float)(slope * f[e]);
            }
        }

        page.Normed(normGradient);
        page.Losses.Add((Names.L1, c * sum));
    }

    private static double Power(double x, double exponent) => exponent switch { 0 => 1, 1 => x, _ => Math.Pow(x, exponent) };
}
