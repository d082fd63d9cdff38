namespace FeatureInterp.Saes;

/// <summary>SAELens's names of arrays and losses.</summary>
internal static class Names
{
    public const string Encoder = "W_enc";
    public const string EncoderBias = "b_enc";
    public const string Decoder = "W_dec";
    public const string DecoderBias = "b_dec";
    public const string GateBias = "b_gate";
    public const string MagnitudeScale = "r_mag";
    public const string MagnitudeBias = "b_mag";
    public const string Threshold = "threshold";

    public const string SquaredError = "mse_loss";
    public const string L1 = "l1_loss";
    public const string L0 = "l0_loss";
    public const string Auxiliary = "auxiliary_reconstruction_loss";
    public const string PreActivation = "pre_act_loss";
}
