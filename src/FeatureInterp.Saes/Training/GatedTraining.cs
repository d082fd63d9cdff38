using System.Text.Json.Nodes;

namespace FeatureInterp.Saes;

/// <summary>
/// Gated SAEs (Rajamanoharan et al. 2024a): whether a feature fires is decided by π = x·W_enc + b_gate &gt; 0, how strongly by ReLU(x·(W_enc·e^r_mag) + b_mag).
/// Loss = mean ‖x − x̂‖² + c · mean Σ ReLU(π)·‖W_dec‖ + mean ‖x − ReLU(π)·W_dec − b_dec‖². As in SAELens, the last part has a gradient in W_dec and b_dec too.
/// </summary>
public sealed record GatedTraining : ISaeObjective
{
    /// <summary>c: the larger, the fewer features.</summary>
    public double L1Coefficient { get; init; } = 1;

    /// <summary>The steps over which c rises from 0.</summary>
    public int L1WarmUpSteps { get; init; }

    /// <inheritdoc/>
    public string Architecture => "gated";

    IReadOnlyList<string> ISaeObjective.Vectors => [Names.GateBias, Names.MagnitudeScale, Names.MagnitudeBias];

    JsonObject ISaeObjective.Details => new() { ["l1_coefficient"] = L1Coefficient, ["l1_warm_up_steps"] = L1WarmUpSteps };

    void ISaeObjective.Validate(SaeTrainingOptions options)
    {
        TrainingFaults.NotNegative(L1Coefficient, nameof(L1Coefficient));
        TrainingFaults.Between(L1WarmUpSteps, 0, int.MaxValue, nameof(L1WarmUpSteps));
    }

    void ISaeObjective.Step(StepPage page)
    {
        var p = page.Parameters;
        TrainingParameter gate = p[Names.GateBias], scale = p[Names.MagnitudeScale], magnitude = p[Names.MagnitudeBias];
        var open = page.Encode(gate, null, RowSelectors.Positive(p.DSae))[0];
        var pi = open.Values;

        // The gate's pre-activation without its bias is what the magnitude is made of.
        var (f, raw) = (new float[pi.Length], new float[pi.Length]);
        var grown = Array.ConvertAll(scale.Value.Span.ToArray(), MathF.Exp);
        for (var e = 0; e < f.Length; e++)
        {
            var feature = open.Features[e];
            raw[e] = (pi[e] - gate.Value.Span[feature]) * grown[feature];
            f[e] = MathF.Max(raw[e] + magnitude.Value.Span[feature], 0);
        }

        page.Fire(open, f);
        var gradient = page.Reconstruct(open, f);
        for (var e = 0; e < f.Length; e++)
        {
            var feature = open.Features[e];
            gradient[e] = f[e] > 0 ? gradient[e] : 0;
            scale.Gradient.Span[feature] += gradient[e] * raw[e];
            magnitude.Gradient.Span[feature] += gradient[e];
            gradient[e] *= grown[feature];
        }

        var gateGradient = AddGateLosses(page, open, pi);
        open.AddSums(gateGradient, gate.Gradient.Span);
        for (var e = 0; e < gradient.Length; e++)
            gradient[e] += gateGradient[e];
        page.Encoded(open, gradient, bias: null);
    }

    void ISaeObjective.Export(TrainingParameters parameters, SaeExport export)
    {
        foreach (var name in ((ISaeObjective)this).Vectors)
            export.AddVector(name, parameters[name].Value);
    }

    // The two losses that see the gate alone; gives the gradient with respect to π.
    private float[] AddGateLosses(StepPage page, SparseBatch open, float[] pi)
    {
        var p = page.Parameters;
        var c = CoefficientSchedule.At(L1Coefficient, L1WarmUpSteps, page.StepNumber) / open.Rows;
        var norms = page.DecoderNorms;
        var normGradient = new float[norms.Length];
        var sum = 0.0;
        for (var e = 0; e < pi.Length; e++)
        {
            sum += (double)pi[e] * norms[open.Features[e]];
            normGradient[open.Features[e]] += (float)(c * pi[e]);
        }

        page.Normed(normGradient);
        page.Losses.Add((Names.L1, c * sum));

        var via = StepPage.Like(page.X);
        StepPage.Fill(via, p.DecoderBias.Value.Span);
        page.Products.AddRows(open, pi, p.Decoder, via);
        var viaGradient = StepPage.Like(via);
        page.Losses.Add((Names.Auxiliary, StepPage.SquaredError(via, page.X, 1, viaGradient)));
        StepPage.AddColumnSums(viaGradient, p.DecoderBias.Gradient.Span);
        var gradient = page.Decoded(open, pi, viaGradient);
        for (var e = 0; e < gradient.Length; e++)
            gradient[e] += (float)(c * norms[open.Features[e]]);
        return gradient;
    }
}
