using FeatureInterp.Tensors;

namespace FeatureInterp.Tests;

/// <summary>What a made-up SAE is like.</summary>
internal sealed record TinySaeShape
{
    public string Architecture { get; init; } = "jumprelu";

    public int DIn { get; init; } = 20;

    public int DSae { get; init; } = 53;

    /// <summary>The width a transcoder writes; d_in for other kinds.</summary>
    public int DOut { get => IsTranscoder ? field : DIn; init; } = 17;

    public string Hook { get; init; } = "blocks.1.hook_resid_post";

    public string Normalize { get; init; } = "none";

    public string Reshape { get; init; } = "none";

    public bool ApplyBDec { get; init; } = true;

    public bool PrependBos { get; init; } = true;

    public string? ModelName { get; init; }

    public DType DType { get; init; } = DType.F32;

    public int Seed { get; init; } = 1;

    /// <summary>How many a topk, abstopk or temporal SAE keeps; 0 for a temporal one that keeps all.</summary>
    public int K { get; init; } = 5;

    public bool Rescale { get; init; }

    public double Factor { get; init; } = 0.31;

    public int Heads { get; init; } = 2;

    public int Layers { get; init; } = 1;

    public int Bottleneck { get; init; } = 2;

    public bool Tied { get; init; } = true;

    public double ResidualThreshold { get; init; } = 0.5;

    public int? MaxIterations { get; init; }

    public bool StopOnDuplicate { get; init; } = true;

    public bool IsTranscoder => Architecture.EndsWith("transcoder", StringComparison.Ordinal);

    public bool HasEncoder => Architecture != "matching_pursuit" && !(Architecture == "temporal" && Tied);

    /// <summary><c>cfg.json</c> as SAELens 6 writes it.</summary>
    public string Config() => $$"""
        {
          "architecture": "{{Architecture}}", "d_in": {{DIn}}, "d_sae": {{DSae}}, "dtype": "float32", "device": "cpu",
          "apply_b_dec_to_input": {{Flag(ApplyBDec)}}, "normalize_activations": "{{Normalize}}", "reshape_activations": "{{Reshape}}",
          {{Fields()}}
          "metadata": {
            "hook_name": "{{Hook}}", "hook_head_index": null, "prepend_bos": {{Flag(PrependBos)}},
            {{(IsTranscoder ? "\"hook_name_out\": \"blocks.1.hook_mlp_out\"," : "")}}
            {{(ModelName is null ? "" : $"\"model_name\": \"{ModelName}\",")}} "context_size": 128, "sae_lens_version": "6.0.0"
          }
        }
        """;

    private string Fields()
    {
        var fields = Normalize == "constant_scalar_rescale" ? FormattableString.Invariant($"\"activation_normalization_factor\": {Factor}, ") : "";
        return fields + Architecture switch
        {
            "topk" or "abstopk" => $"\"k\": {K}, \"rescale_acts_by_decoder_norm\": {Flag(Rescale)},",
            "temporal" => $"\"n_heads\": {Heads}, \"n_attn_layers\": {Layers}, \"bottleneck_factor\": {Bottleneck}, \"sae_diff_type\": \"{(K > 0 ? "topk" : "relu")}\", \"kval_topk\": {(K > 0 ? K : "null")}, \"tied_weights\": {Flag(Tied)},",
            "matching_pursuit" => FormattableString.Invariant($"\"residual_threshold\": {ResidualThreshold}, \"max_iterations\": {MaxIterations?.ToString() ?? "null"}, \"stop_on_duplicate_support\": {Flag(StopOnDuplicate)},"),
            _ when IsTranscoder => $"\"d_out\": {DOut},",
            _ => "",
        };
    }

    private static string Flag(bool value) => value ? "true" : "false";
}
