using FeatureInterp.Models;
using FeatureInterp.Saes;
using FeatureInterp.Tensors;

namespace FeatureInterp.Analysis;

/// <summary>From gradients to attributions.</summary>
internal static class AttributionSums
{
    /// <summary>Multiplies, sums up and ranks.</summary>
    /// <param name="model">The model.</param>
    /// <param name="gradient">The SAE, after a run of the prompt.</param>
    /// <param name="tokens">The prompt.</param>
    /// <param name="way">What the gradients are multiplied with: f, or f − baseline.</param>
    /// <param name="decoderGradient">d(metric)/d(f·W_dec), [pos, d_out].</param>
    /// <param name="errorTerm">Whether the error is part of the run.</param>
    public static SaeAttribution Of(Transformer model, SaeGradient gradient, int[] tokens, SparseFeatures way, Tensor decoderGradient, bool errorTerm)
    {
        var slopes = SaeGradient.Of(gradient.Sae, way, decoderGradient);
        AttributedFeature[] fired = [.. way.Select((f, i) => new AttributedFeature(f.Token, f.Feature, f.Value, slopes[i]))];
        var perPosition = new double[tokens.Length];
        foreach (var f in fired)
            perPosition[f.Position] += f.Attribution;
        var error = new double[tokens.Length];
        for (var t = 0; errorTerm && t < error.Length; t++)
            error[t] = Dot(gradient.Error.Row(t), gradient.OutputGradient.Row(t));
        var norm = Math.Sqrt(Dot(gradient.OutputGradient.Span, gradient.OutputGradient.Span));
        return new SaeAttribution
        {
            Sae = gradient.Sae.Name,
            Hook = HookPoint.Parse(gradient.Edits[^1].Hook),
            DSae = gradient.Sae.Config.DSae,
            Fired = fired,
            Features = Rank(fired),
            PerPosition = perPosition,
            ErrorPerPosition = error,
            OutputGradientNorm = norm,
            ErrorGradientNorm = errorTerm ? norm : 0,
            Provenance = Provenance.Of(model, gradient.Sae, [tokens]),
        };
    }

    private static FeatureTotal[] Rank(AttributedFeature[] fired) =>
    [
        .. fired.GroupBy(f => f.Feature)
            .Select(g => new FeatureTotal(g.Key, g.Sum(f => f.Attribution), g.Count(), g.MaxBy(f => Math.Abs(f.Activation)).Activation))
            .OrderByDescending(f => Math.Abs(f.Attribution)).ThenBy(f => f.Feature),
    ];

    private static double Dot(ReadOnlySpan<float> a, ReadOnlySpan<float> b)
    {
        double sum = 0;
        for (var i = 0; i < a.Length; i++)
            sum += (double)a[i] * b[i];
        return sum;
    }
}
