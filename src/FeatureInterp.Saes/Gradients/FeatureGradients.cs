using FeatureInterp.Tensors;

namespace FeatureInterp.Saes;

/// <summary>dL/df = dL/d(f·W_dec) · W_decᵀ, for the features asked for only: a wide SAE has many thousand.</summary>
internal static class FeatureGradients
{
    /// <summary>The gradients of some features of some tokens.</summary>
    /// <param name="at">Which features of which tokens; their values do not matter.</param>
    /// <param name="decoder">W_dec, with whatever belongs to it.</param>
    /// <param name="gradient">dL/d(f·W_dec), [token, d_out].</param>
    /// <returns>As many as <paramref name="at"/> has, in its order.</returns>
    public static float[] Of(SparseFeatures at, SaeMatrix decoder, Tensor gradient)
    {
        var result = new float[at.Count];
        var byFeature = Enumerable.Range(0, at.Count).GroupBy(i => at[i].Feature).ToArray();
        Workers.Run(byFeature.Length, n =>
        {
            var direction = new float[decoder.Width];
            decoder.Copy(byFeature[n].Key, direction);
            foreach (var i in byFeature[n])
                result[i] = TensorPrimitives.Dot<float>(direction, gradient.Row(at[i].Token));
        });
        return result;
    }
}
