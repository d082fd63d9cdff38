namespace FeatureInterp.Saes;

/// <summary>
/// How the features are made from an input: y is the input as <see cref="SparseAutoencoder"/> prepares it, pre = y·W_enc + b_enc.
/// BatchTopK and Matryoshka SAEs are saved for inference as <see cref="JumpReLU"/>; a transcoder is an SAE with another
/// <see cref="SaeConfig.HookOut"/>.
/// </summary>
public enum SaeArchitecture
{
    /// <summary>f = ReLU(pre).</summary>
    Standard,

    /// <summary>f = ReLU(pre) where pre &gt; threshold, else 0; a threshold a feature.</summary>
    JumpReLU,

    /// <summary>f = ReLU(y·(W_enc·exp(r_mag)) + b_mag) where y·W_enc + b_gate &gt; 0, else 0.</summary>
    Gated,

    /// <summary>The k largest of pre (by magnitude for AbsTopK), the others 0; see <see cref="SaeTopK"/>.</summary>
    TopK,

    /// <summary>What the tokens before foretell, and the k largest of the remainder; see <see cref="SaeTemporal"/>.</summary>
    Temporal,

    /// <summary>Features picked one after another, each subtracted before the next is sought; see <see cref="SaePursuit"/>.</summary>
    MatchingPursuit,
}
