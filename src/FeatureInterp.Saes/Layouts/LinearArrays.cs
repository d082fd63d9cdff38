namespace FeatureInterp.Saes;

/// <summary>An SAE made of two of PyTorch's linear layers, whose matrices are [out, in]: encoder [d_sae, d_in], decoder [d_out, d_sae].</summary>
internal static class LinearArrays
{
    /// <summary>Reads the two layers.</summary>
    /// <param name="arrays">The arrays.</param>
    /// <param name="encoder">The encoder's name, such as <c>encoder</c>.</param>
    /// <param name="decoder">The decoder's.</param>
    public static SaeWeights Read(SaeArrays arrays, string encoder, string decoder)
    {
        var w = arrays.Encoder(encoder + ".weight", featuresFirst: true);
        return new SaeWeights
        {
            Encoder = w,
            EncoderBias = arrays.Vector(encoder + ".bias", w.Features),
            Decoder = arrays.Decoder(decoder + ".weight", featuresFirst: false, w.Features, w.Width),
            DecoderBias = arrays.Vector(decoder + ".bias", w.Width),
        };
    }
}
