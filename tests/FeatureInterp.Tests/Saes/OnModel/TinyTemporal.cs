using FeatureInterp.Saes;
using FeatureInterp.Tensors;

namespace FeatureInterp.Tests;

/// <summary>A random temporal SAE in a folder of its own, in SAELens 6's layout.</summary>
internal sealed class TinyTemporal : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("tiny-temporal-");

    public TinyTemporal(string hook, int dIn = 20, int dSae = 48, int heads = 2, int bottleneck = 4, int topK = 6, int seed = 1)
    {
        var file = new RawSafetensors();
        var random = new Random(seed);
        void Add(string name, double spread, params int[] sizes) =>
            file.Add(name, DType.F32, sizes, [.. Enumerable.Range(0, sizes.Aggregate(1, (a, b) => a * b)).Select(_ => (float)(spread * (2 * random.NextDouble() - 1)))]);
        Add("W_enc", 0.4, dIn, dSae);
        Add("W_dec", 0.4, dSae, dIn);
        Add("b_dec", 0.3, dIn);
        foreach (var (part, width, spread) in new[] { ("q_target", dSae / bottleneck, 4.0), ("k_ctx", dSae / bottleneck, 4.0), ("v_ctx", dSae, 1.0), ("c_proj", dSae, 1.0) })
        {
            Add($"attn_layers.0.{part}.weight", spread, width, dSae);
            Add($"attn_layers.0.{part}.bias", 0.2, width);
        }

        file.Save(Path.Combine(Folder, "sae_weights.safetensors"));
        File.WriteAllText(Path.Combine(Folder, "cfg.json"), $$"""
            {
              "architecture": "temporal", "d_in": {{dIn}}, "d_sae": {{dSae}}, "dtype": "float32", "apply_b_dec_to_input": true,
              "normalize_activations": "none", "reshape_activations": "none", "n_heads": {{heads}}, "n_attn_layers": 1, "bottleneck_factor": {{bottleneck}},
              "sae_diff_type": "topk", "kval_topk": {{topK}}, "tied_weights": false, "activation_normalization_factor": 1.0,
              "metadata": {"hook_name": "{{hook}}", "hook_head_index": null, "prepend_bos": true, "sae_lens_version": "6.54.12"}
            }
            """);
    }

    public string Folder => _folder.FullName;

    public SparseAutoencoder Load() => SparseAutoencoder.Load(Folder);

    public void Dispose() => _folder.Delete(recursive: true);
}
