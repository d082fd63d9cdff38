namespace FeatureInterp.Saes;

/// <summary>Which files of a repository an SAE consists of, by its layout: what a download has to fetch.</summary>
/// <param name="Needed">Without these it cannot be loaded.</param>
/// <param name="Optional">These are read where the repository has them.</param>
internal sealed record ReleaseFiles(IReadOnlyList<string> Needed, IReadOnlyList<string> Optional)
{
    /// <summary>The files of an SAE.</summary>
    /// <param name="layout">SAELens's name for the layout.</param>
    /// <param name="path">The SAE's place below the repository's root.</param>
    public static ReleaseFiles Of(string layout, string path) => layout switch
    {
        "gemma_2" or "gemma_2_transcoder" => new([path + "/params.npz"], []),
        "gemma_3" when path.Split('/')[^1].StartsWith("params_layer_", StringComparison.Ordinal) => new([path + ".safetensors"], []),
        "gemma_3" => new([path + "/params.safetensors"], [path + "/config.json"]),
        "llama_scope" => new([path + "/hyperparams.json", path + "/checkpoints/final.safetensors"], []),
        "llama_scope_r1_distill" => new([path + "/config.json", path + "/sae_weights.safetensors"], []),
        "dictionary_learning_1" => new([path + "/config.json", path + "/ae.pt"], []),
        "sparsify" => new([path + "/cfg.json", path + "/sae.safetensors"], ["config.json"]),
        "temporal" => new([path + "/conf.yaml", path + "/latest_ckpt.safetensors"], []),
        "connor_rob_hook_z" => new([path, path[..^".pt".Length] + "_cfg.json"], []),
        "mwhanna_transcoder" => new([path], ["config.yaml"]),
        "mntss_clt_layer_transcoder" => new([$"W_enc_{path}.safetensors", $"W_dec_{path}.safetensors", "config.yaml"], []),
        "goodfire" or "deepseek_r1" or "qwen_scope" => new([path], []),
        _ => new([path + "/cfg.json", path + "/sae_weights.safetensors"], [path + "/sparsity.safetensors"]),
    };
}
