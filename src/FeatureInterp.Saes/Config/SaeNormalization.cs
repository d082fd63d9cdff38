namespace FeatureInterp.Saes;

/// <summary>What is done to an input before encoding, and undone after decoding (a transcoder's output is left as it is).</summary>
public enum SaeNormalization
{
    /// <summary>Nothing.</summary>
    None,

    /// <summary>x · √d_in / ‖x‖, a factor a token; the reconstruction is divided by it.</summary>
    ConstantNormRescale,

    /// <summary>(x − μ) / (σ + 1e-5) with the unbiased σ of each token; the reconstruction becomes r·σ + μ.</summary>
    LayerNorm,

    /// <summary>x · factor, the same for every token (<see cref="SaeConfig.NormalizationFactor"/>); the reconstruction is divided by it.</summary>
    ConstantScalarRescale,
}
