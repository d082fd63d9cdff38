namespace FeatureInterp.Saes;

/// <summary>JumpReLU's losses besides the squared error.</summary>
internal static class JumpReLUPenalty
{
    /// <summary>Adds the sparsity loss, and its slope in f to <paramref name="gradient"/>.</summary>
    /// <returns>For each row, the slope in the number of features that fire.</returns>
    public static float[] Add(JumpReLUTraining kind, StepPage page, SparseBatch near, float[] f, float[] gradient)
    {
        var c = CoefficientSchedule.At(kind.L0Coefficient, kind.L0WarmUpSteps, page.StepNumber) / near.Rows;
        var stepGradient = new float[near.Rows];
        if (kind.Sparsity == JumpReLUSparsity.Tanh)
        {
            page.Losses.Add((Names.L0, AddTanh(page, near, f, gradient, c, kind.TanhScale)));
            return stepGradient;
        }

        var sum = 0.0;
        for (var row = 0; row < near.Rows; row++)
        {
            var fired = 0;
            for (var e = near.Starts[row]; e < near.Starts[row + 1]; e++)
                fired += f[e] != 0 ? 1 : 0;
            var miss = fired - (kind.TargetL0 ?? 0);
            var isStep = kind.Sparsity == JumpReLUSparsity.Step;
            sum += isStep ? fired : 2 / kind.TargetL0!.Value * miss * miss;
            stepGradient[row] = (float)(isStep ? c : c * 4 / kind.TargetL0!.Value * miss);
        }

        page.Losses.Add((Names.L0, c * sum));
        return stepGradient;
    }

    /// <summary>Adds weight · mean Σ (θ − pre) · ‖W_dec‖ over dead features that are below their threshold.</summary>
    /// <returns>The loss.</returns>
    public static double AddPull(StepPage page, SparseBatch below, float[] limits, double weight, TrainingParameter threshold)
    {
        var (norms, scale) = (page.DecoderNorms, weight / below.Rows);
        var (normGradient, gradient) = (new float[norms.Length], new float[below.Count]);
        var sum = 0.0;
        for (var e = 0; e < gradient.Length; e++)
        {
            var feature = below.Features[e];
            var distance = limits[feature] - below.Values[e];
            sum += (double)distance * norms[feature];
            gradient[e] = (float)(-scale * norms[feature]);
            threshold.Gradient.Span[feature] -= gradient[e];
            normGradient[feature] += (float)(scale * distance);
        }

        page.Normed(normGradient);
        page.Encoded(below, gradient, page.Parameters[Names.EncoderBias]);
        return scale * sum;
    }

    private static double AddTanh(StepPage page, SparseBatch near, float[] f, float[] gradient, double c, double tanhScale)
    {
        var norms = page.DecoderNorms;
        var normGradient = new float[norms.Length];
        var sum = 0.0;
        for (var e = 0; e < f.Length; e++)
        {
            var feature = near.Features[e];
            var t = Math.Tanh(tanhScale * f[e] * norms[feature]);
            var slope = c * (1 - t * t) * tanhScale;
            sum += t;
            gradient[e] += (float)(slope * norms[feature]);
            normGradient[feature] += (float)(slope * f[e]);
        }

        page.Normed(normGradient);
        return c * sum;
    }
}
