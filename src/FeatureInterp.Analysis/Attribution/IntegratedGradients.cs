using FeatureInterp.Models;
using FeatureInterp.Saes;
using FeatureInterp.Tensors;

namespace FeatureInterp.Analysis;

/// <summary>Gradients along the straight way from a baseline to the features, several points of it run as one batch from the SAE's layer on.</summary>
internal static class IntegratedGradients
{
    private const int RowsTogether = 1024;

    /// <summary>The mean gradient at the middles of equal parts of the way, and the metric where the way begins.</summary>
    /// <returns>d(metric)/d(f·W_dec), [pos, d_out], and the metric at the baseline.</returns>
    public static (Tensor Mean, double Baseline) Along(
        Transformer model, SparseAutoencoder sae, int[] tokens, LogitMetric metric, AttributionOptions options, int steps, CancellationToken cancellation)
    {
        var point = sae.Config.Hook;
        var layer = point.ToString().StartsWith("blocks.", StringComparison.Ordinal) ? point.Layer : 0;
        var entering = layer == 0 ? null : model.Run((int[][])[tokens], stopAtLayer: layer, cancellation: cancellation).Residual;   // [pos, d_model]
        var copies = AttributionMetrics.OfCopies(metric);
        double[] shares = [0, .. Enumerable.Range(0, steps).Select(k => (k + 0.5) / steps)];
        var sums = new double[tokens.Length * sae.Config.DOut];
        double baseline = 0;
        var together = Math.Max(1, RowsTogether / tokens.Length);
        for (var first = 0; first < shares.Length; first += together)
        {
            var part = shares[first..Math.Min(shares.Length, first + together)];
            var gradient = new SaeGradient(sae, options.ErrorTerm, new SaePath(part, options.Baseline));
            var found = model.Gradient(
                (int[][])[.. Enumerable.Repeat(tokens, part.Length)], copies, edit: gradient.Edits, startAtLayer: layer,
                residual: entering is null ? null : Repeat(entering, part.Length), cancellation: cancellation);
            if (first == 0)
                baseline = found.Values[0];
            for (var p = first == 0 ? 1 : 0; p < part.Length; p++)
            {
                var values = gradient.DecoderGradient.Rows(p * tokens.Length, tokens.Length).Span;
                for (var i = 0; i < sums.Length; i++)
                    sums[i] += values[i];
            }
        }

        var mean = Tensor.Uninitialized(tokens.Length, sae.Config.DOut);
        for (var i = 0; i < sums.Length; i++)
            mean.Span[i] = (float)(sums[i] / steps);
        return (mean, baseline);
    }

    private static Tensor Repeat(Tensor rows, int count)
    {
        var all = Tensor.Uninitialized(count * rows.Shape[0], rows.Shape[1]);
        for (var i = 0; i < count; i++)
            rows.Span.CopyTo(all.Span[(i * rows.Length)..]);
        return all;
    }
}
