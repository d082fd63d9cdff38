namespace FeatureInterp.Saes;

/// <summary>What a TopK SAE keeps.</summary>
/// <param name="K">How many features of a token, 1 to d_sae. Of those, negative ones become 0 unless chosen by magnitude.</param>
/// <param name="ByMagnitude">Whether the largest are sought by |pre| and keep their sign (AbsTopK).</param>
/// <param name="RescaleByDecoderNorm">Whether pre is multiplied with ‖W_dec[f]‖ first, and the features divided by it before decoding.</param>
public sealed record SaeTopK(int K, bool ByMagnitude = false, bool RescaleByDecoderNorm = false);

/// <summary>The attention of a temporal SAE.</summary>
/// <param name="Heads">The heads of each attention layer.</param>
/// <param name="Layers">The attention layers.</param>
/// <param name="Bottleneck">d_sae divided by the width of a layer's queries and keys.</param>
/// <param name="TopK">How many features of the remainder are kept; null for all that are positive.</param>
/// <param name="Tied">Whether W_enc is W_dec transposed.</param>
public sealed record SaeTemporal(int Heads, int Layers, int Bottleneck, int? TopK, bool Tied);

/// <summary>When matching pursuit stops.</summary>
/// <param name="ResidualThreshold">As soon as what is left of a token has a norm below this.</param>
/// <param name="MaxIterations">After so many picks; null for d_in of them.</param>
/// <param name="StopOnDuplicateSupport">As soon as a pick adds no new feature.</param>
public sealed record SaePursuit(double ResidualThreshold, int? MaxIterations, bool StopOnDuplicateSupport);
