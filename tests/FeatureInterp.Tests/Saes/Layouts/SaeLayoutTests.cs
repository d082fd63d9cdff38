using FeatureInterp.Models;
using FeatureInterp.Saes;
using FeatureInterp.Tensors;

namespace FeatureInterp.Tests;

/// <summary>Each published layout, from files of our own: recognised, named, and computing what its twin in double precision does.</summary>
public sealed class SaeLayoutTests : IDisposable
{
    private const int D = TinyRelease.D, F = TinyRelease.F;

    private readonly TinyRelease _files = new();

    public void Dispose() => _files.Dispose();

    [Theory]
    [InlineData("gemma-scope-2b-pt-res/layer_20/width_16k/average_l0_71", "gemma_2", "blocks.20.hook_resid_post", null, "gemma-2-2b")]
    [InlineData("models--google--gemma-scope-9b-it-res/snapshots/0123/layer_9/width_131k/average_l0_1", "gemma_2", "blocks.9.hook_resid_post", null, "gemma-2-9b-it")]
    [InlineData("gemma-scope-2b-pt-mlp/layer_3/width_65k/average_l0_18", "gemma_2", "blocks.3.hook_mlp_out", null, "gemma-2-2b")]
    [InlineData("gemma-scope-2b-pt-att/layer_7/width_16k/average_l0_1", "gemma_2", "blocks.7.attn.hook_z", null, "gemma-2-2b")]
    [InlineData("gemma-scope-2b-pt-transcoders/layer_5/width_16k/average_l0_27", "gemma_2_transcoder", "blocks.5.ln2.hook_normalized", "blocks.5.hook_mlp_out", "gemma-2-2b")]
    [InlineData("my-saes/seven", "gemma_2", null, null, null)]
    public void GemmaScope_NamesTellHookAndModel(string folder, string loader, string? hook, string? hookOut, string? model)
    {
        _files.Npz(folder + "/params.npz", _files.Gemma());
        var files = Check(folder, loader, new(_files) { Threshold = Doubles(_files.Threshold) });
        Assert.Equal((hook, hookOut, model), (files.Config.HookIn?.ToString(), files.Config.HookOut?.ToString(), files.Config.ModelName));
        Assert.Equal(loader == "gemma_2_transcoder", files.Config.IsTranscoder);
        Assert.Equal(hook?.EndsWith("hook_z", StringComparison.Ordinal) ?? false, files.Config.FlattensHeads);
    }

    [Fact]
    public void GemmaScope_Embedding_IsScaledByTheRootOfTheWidth()
    {
        _files.Npz("embedding/width_4k/average_l0_6/params.npz", _files.Gemma());
        var twin = new TinyReleaseTwin(_files) { Threshold = Doubles(_files.Threshold), EncoderScale = 1 / Math.Sqrt(D), DecoderScale = Math.Sqrt(D) };
        Assert.Equal("hook_embed", Check("embedding/width_4k/average_l0_6", "gemma_2", twin).Config.HookIn.ToString());
    }

    [Fact]
    public void GemmaScope_RepositoryNamed_HasToBeUnderstood()
    {
        _files.Npz("layer_1/params.npz", _files.Gemma());
        foreach (var repository in new[] { "google/gemma-scope-3b-pt-res", "someone/else" })
            Assert.Contains(repository, Assert.Throws<SaeException>(() => SaeLayouts.Read(_files.PathOf("layer_1"), new SaeLoadOptions { Repository = repository })).Message, StringComparison.Ordinal);
        var transcoder = Assert.Throws<SaeException>(() => SaeLayouts.Read(_files.PathOf("layer_1"), new SaeLoadOptions { Repository = "google/gemma-scope-2b-pt-transcoders" }));
        Assert.Contains("names no width", transcoder.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("resid_post", "blocks.9.hook_resid_post", null)]
    [InlineData("attn_out_all", "blocks.9.attn.hook_z", null)]
    [InlineData("mlp_out", "blocks.9.hook_mlp_out", null)]
    [InlineData("transcoder_all", "blocks.9.mlp.hook_in", "blocks.9.hook_mlp_out")]
    public void GemmaScope2_FolderTellsTheSite(string kind, string hook, string? hookOut)
    {
        var folder = $"gemma-scope-2-270m-pt/{kind}/layer_9_width_16k_l0_small";
        _files.Safetensors(folder + "/params.safetensors", [.. _files.Gemma(), ("affine_skip_connection", [D, D], _files.Skip)]);
        var files = Check(folder, "gemma_3", new(_files) { Threshold = Doubles(_files.Threshold) });
        Assert.Equal((hook, hookOut, "google/gemma-3-270m"), (files.Config.HookIn?.ToString(), files.Config.HookOut?.ToString(), files.Config.ModelName));
        // x·affine: W_skip is its transpose.
        Assert.Equal(TinyRelease.Turned(_files.Skip, D, D), files.Weights.Skip!.ToTensor().Memory.ToArray());
    }

    [Fact]
    public void GemmaScope2_ConfigFile_TellsWhatNamesDoNot()
    {
        _files.Safetensors("a/params.safetensors", _files.Gemma());
        _files.Text("a/config.json", """{"hf_hook_point_in": "model.layers.4.self_attn.o_proj.input", "model_name": "gemma-v3-1b-it", "architecture": "jump_relu", "width": 10, "l0": 60}""");
        var config = Check("a", "gemma_3", new(_files) { Threshold = Doubles(_files.Threshold) }).Config;
        Assert.Equal(("blocks.4.attn.hook_z", "google/gemma-3-1b-it", 60), (config.Hook.ToString(), config.ModelName, config.Origin.L0));
    }

    [Theory, InlineData("clt/params_layer_4.safetensors"), InlineData("clt/params_layer_4")]
    public void GemmaScope2_LayerOfACrossLayerTranscoder_SumsItsDecoders(string path)
    {
        _files.Safetensors("clt/params_layer_4.safetensors", [.. _files.Gemma().Where(a => a.Name != "w_dec"), ("w_dec", [F, 2, D], Interleaved())]);
        var files = Check(path, "gemma_3", new(_files) { Threshold = Doubles(_files.Threshold), SumsDecoders = true });
        Assert.Equal(("blocks.4.mlp.hook_in", "blocks.4.hook_mlp_out", true), (files.Config.Hook.ToString(), files.Config.HookOut.ToString(), files.Config.IsTranscoder));
        Assert.Equal(3, files.Weights.Decoder.Weight.Shape.Length);
    }

    [Theory]
    [InlineData(null, false)]
    [InlineData(0.37, false)]
    [InlineData(null, true)]
    public void LlamaScope_ThresholdIsScaledAndTheFactorFolded(double? factor, bool ofFiles)
    {
        _files.Safetensors("L5R/checkpoints/final.safetensors", _files.Linear("encoder", "decoder"));
        _files.Text("L5R/hyperparams.json", """{"hook_point_in": "blocks.5.hook_resid_post", "hook_point_out": "blocks.5.hook_resid_post", "d_model": 6, "d_sae": 10, "act_fn": "jumprelu", "jump_relu_threshold": 0.5, "dataset_average_activation_norm": {"in": 7.25}}""");
        var own = Math.Sqrt(D) / 7.25;
        var s = ofFiles ? own : factor ?? 1;
        var twin = new TinyReleaseTwin(_files) { Threshold = [.. Enumerable.Repeat(0.5 * own, F)], EncoderScale = s, DecoderScale = 1 / s, DecoderBiasScale = 1 / s };
        var config = Check("L5R", "llama_scope", twin, new SaeLoadOptions { NormScalingFactor = factor, FoldsFactorOfFiles = ofFiles }).Config;
        Assert.Equal(factor is null && !ofFiles ? "expected_average_only_in" : null, config.Origin.UnfoldedNormalization);
        Assert.Equal("blocks.5.hook_resid_post", config.Hook.ToString());
        Assert.Equal("llama_scope", SaeLayouts.Find(_files.PathOf("L5R/checkpoints/final.safetensors"), new SaeLoadOptions()).Files.Layout.Name);
    }

    [Fact]
    public void LlamaScopeR1_ThresholdsAreLogarithmsAndNotScaled()
    {
        float[] logs = [.. _files.Threshold.Select(t => MathF.Log(t))];
        _files.Safetensors("L6R/sae_weights.safetensors", [.. _files.Linear("encoder", "decoder"), ("log_jumprelu_threshold", [F], logs), ("dataset_average_activation_norm.in", [], [7f])]);
        _files.Text("L6R/config.json", """{"d_model": 6, "hook_point_in": "blocks.6.hook_resid_post", "act_fn": "jumprelu"}""");
        var s = Math.Sqrt(D) / 7;
        var twin = new TinyReleaseTwin(_files) { Threshold = [.. logs.Select(l => Math.Exp(l))], EncoderScale = s, DecoderScale = 1 / s, DecoderBiasScale = 1 / s };
        Assert.Equal("blocks.6.hook_resid_post", Check("L6R", "llama_scope_r1_distill", twin, new SaeLoadOptions { FoldsFactorOfFiles = true }).Config.Hook.ToString());
    }

    [Fact]
    public void ConnorRob_FileBesideItsConfiguration()
    {
        _files.Torch("a.b/gpt2_L4.pt", ("W_enc", [D, F], _files.Encoder), ("b_enc", [F], _files.EncoderBias), ("W_dec", [F, D], _files.Decoder), ("b_dec", [D], _files.DecoderBias));
        _files.Text("a.b/gpt2_L4_cfg.json", """{"act_size": 6, "dict_size": 10, "act_name": "blocks.4.attn.hook_z"}""");
        var config = Check("a.b/gpt2_L4.pt", "connor_rob_hook_z", new(_files) { Centred = true }).Config;
        Assert.Equal(("blocks.4.attn.hook_z", true, "gpt2-small"), (config.Hook.ToString(), config.FlattensHeads, config.ModelName));
        // The only SAE below a folder stands for it.
        Assert.Equal(_files.PathOf("a.b/gpt2_L4.pt"), SaeLayouts.Find(_files.Root, new SaeLoadOptions()).Path);
    }

    [Theory]
    [InlineData("AutoEncoder")]
    [InlineData("GatedAutoEncoder")]
    [InlineData("AutoEncoderTopK")]
    [InlineData("BatchTopKSAE")]
    [InlineData("JumpReluAutoEncoder")]
    [InlineData("MatryoshkaBatchTopKSAE")]
    public void DictionaryLearning_ClassDecidesHowItComputes(string kind)
    {
        var linear = _files.Linear("encoder", "decoder");
        var (arrays, twin) = kind switch
        {
            "AutoEncoder" => ([.. linear[..3], ("bias", [D], _files.DecoderBias)], new TinyReleaseTwin(_files) { Centred = true }),
            "GatedAutoEncoder" => (
                [linear[0], linear[2], ("decoder_bias", [D], _files.DecoderBias), ("gate_bias", [F], _files.GateBias), ("mag_bias", [F], _files.EncoderBias), ("r_mag", [F], _files.LogScale)],
                new(_files) { Centred = true, IsGated = true }),
            "AutoEncoderTopK" => ([.. linear[..3], ("b_dec", [D], _files.DecoderBias), ("threshold", [], [0.3f])], new(_files) { Centred = true, K = 2 }),
            "BatchTopKSAE" => ([.. linear[..3], ("b_dec", [D], _files.DecoderBias), ("threshold", [], [0.3f])], new(_files) { Centred = true, Threshold = [.. Enumerable.Repeat((double)0.3f, F)] }),
            _ => ((string, int[], float[])[])[("W_enc", [D, F], _files.Encoder), ("b_enc", [F], _files.EncoderBias), ("W_dec", [F, D], _files.Decoder), ("b_dec", [D], _files.DecoderBias), ("threshold", [F], _files.Threshold)] is var named
                ? (named, new TinyReleaseTwin(_files) { Centred = kind != "JumpReluAutoEncoder", Threshold = Doubles(_files.Threshold) }) : default,
        };
        _files.Torch("trainer_0/ae.pt", arrays);
        _files.Text("trainer_0/config.json", $$$"""{"trainer": {"dict_class": "{{{kind}}}", "activation_dim": 6, "dict_size": 10, "layer": 3, "lm_name": "EleutherAI/pythia-70m-deduped", "submodule_name": "resid_post_layer_3", "k": 2}, "buffer": {"ctx_len": 128}}""");
        var config = Check("trainer_0", "dictionary_learning_1", twin).Config;
        Assert.Equal(("blocks.3.hook_resid_post", "pythia-70m-deduped", 128), (config.Hook.ToString(), config.ModelName, config.Origin.ContextSize));
    }

    [Theory]
    [InlineData("DeepSeek-R1-Distill-Llama-8B-SAE-l19.pt", "deepseek_r1", "encoder", "decoder", "blocks.19.hook_resid_post", "deepseek-ai/DeepSeek-R1-Distill-Llama-8B")]
    [InlineData("Llama-3.3-70B-Instruct-SAE-l50.pt", "goodfire", "encoder_linear", "decoder_linear", "blocks.50.hook_resid_post", "meta-llama/Llama-3.3-70B-Instruct")]
    [InlineData("renamed.pth", "goodfire", "encoder_linear", "decoder_linear", null, null)]
    public void OneFile_NameTellsTheLayer(string name, string loader, string encoder, string decoder, string? hook, string? model)
    {
        _files.Torch(name, _files.Linear(encoder, decoder));
        var config = Check(name, loader, new(_files)).Config;
        Assert.Equal((hook, model), (config.HookIn?.ToString(), config.ModelName));
        var told = new SaeLoadOptions { Hook = HookPoint.Parse("blocks.1.hook_resid_post"), ModelName = "mine" };
        var known = SaeLayouts.Read(_files.PathOf(name), told).Config;
        Assert.Equal(("blocks.1.hook_resid_post", "mine"), (known.Hook.ToString(), known.ModelName));
    }

    [Fact]
    public void QwenScope_RepositoryTellsHowManyFire()
    {
        _files.Torch("SAE-Res-Qwen3-1.7B-Base-W32K-L0_3/layer7.sae.pt", ("W_enc", [F, D], TinyRelease.Turned(_files.Encoder, D, F)), ("W_dec", [D, F], TinyRelease.Turned(_files.Decoder, F, D)), ("b_enc", [F], _files.EncoderBias), ("b_dec", [D], _files.DecoderBias));
        var path = "SAE-Res-Qwen3-1.7B-Base-W32K-L0_3/layer7.sae.pt";
        var config = Check(path, "qwen_scope", new(_files) { K = 3 }).Config;
        Assert.Equal(("blocks.7.hook_resid_post", "Qwen/Qwen3-1.7B-Base"), (config.Hook.ToString(), config.ModelName));
        Check(path, "qwen_scope", new(_files) { K = 2 }, new SaeLoadOptions { Overrides = new Dictionary<string, string> { ["k"] = "2" } });

        File.Move(_files.PathOf(path), _files.PathOf("layer7.sae.pt"));
        Assert.Contains("--repository", Assert.Throws<SaeException>(() => SaeLayouts.Read(_files.PathOf("layer7.sae.pt"), new SaeLoadOptions())).Message, StringComparison.Ordinal);
        Assert.Contains("50 features", Assert.Throws<SaeException>(() => SaeLayouts.Read(_files.PathOf("layer7.sae.pt"), new SaeLoadOptions { Repository = "Qwen/SAE-Res-Qwen3-8B-Base-W64K-L0_50" })).Message, StringComparison.Ordinal);
    }

    /// <summary>sparsify's own files, [f, d], take b_dec from the input; those SAELens can read, [d, f], only without normalize_decoder.</summary>
    [Theory]
    [InlineData("layers.5", "blocks.5.hook_resid_post", true, true)]
    [InlineData("layers.5.mlp", "blocks.5.hook_mlp_out", false, true)]
    [InlineData("embed_tokens", "hook_embed", false, false)]
    [InlineData("gpt_neox.layers.3", "blocks.3.hook_resid_post", true, false)]
    [InlineData("something", null, true, true)]
    public void Sparsify_OrientationByShape(string folder, string? hook, bool isUpstream, bool normalizes)
    {
        _files.Safetensors(folder + "/sae.safetensors",
            ("encoder.weight", [F, D], TinyRelease.Turned(_files.Encoder, D, F)), ("encoder.bias", [F], _files.EncoderBias), ("b_dec", [D], _files.DecoderBias),
            isUpstream ? ("W_dec", [F, D], _files.Decoder) : ("W_dec", [D, F], TinyRelease.Turned(_files.Decoder, F, D)));
        _files.Text(folder + "/cfg.json", $$"""{"expansion_factor": 2, "normalize_decoder": {{(normalizes ? "true" : "false")}}, "k": 3, "d_in": 6, "num_latents": 0}""");
        _files.Text("config.json", """{"model": "EleutherAI/pythia-160m", "ctx_len": 1024}""");
        var config = Check(folder, "sparsify", new(_files) { Centred = isUpstream || !normalizes, K = 3 }).Config;
        Assert.Equal((hook, "EleutherAI/pythia-160m", 1024), (config.HookIn?.ToString(), config.ModelName, config.Origin.ContextSize));
    }

    [Fact]
    public void Sparsify_WithoutBiases_HasZeros()
    {
        _files.Safetensors("layers.1/sae.safetensors", ("W_enc", [D, F], _files.Encoder), ("W_dec", [D, F], TinyRelease.Turned(_files.Decoder, F, D)));
        _files.Text("layers.1/cfg.json", """{"normalize_decoder": true, "k": 3, "d_in": 6}""");
        Check("layers.1", "sparsify", new(_files) { HasBiases = false, K = 3 });
    }

    [Theory, InlineData(true), InlineData(false)]
    public void Mwhanna_OneFileALayer(bool hasConfig)
    {
        _files.Safetensors("qwen3-0.6b-transcoders/layer_2.safetensors", ("W_enc", [F, D], TinyRelease.Turned(_files.Encoder, D, F)), ("b_enc", [F], _files.EncoderBias), ("W_dec", [F, D], _files.Decoder), ("b_dec", [D], _files.DecoderBias));
        if (hasConfig)
            _files.Text("qwen3-0.6b-transcoders/config.yaml", "model_name: Qwen/Qwen3-4B\nfeature_input_hook: \"mlp.hook_in\"\nfeature_output_hook: hook_mlp_out\n");
        var config = Check("qwen3-0.6b-transcoders/layer_2.safetensors", "mwhanna_transcoder", new(_files)).Config;
        Assert.Equal(("blocks.2.mlp.hook_in", "blocks.2.hook_mlp_out"), (config.Hook.ToString(), config.HookOut.ToString()));
        Assert.Equal(hasConfig ? "Qwen/Qwen3-4B" : "Qwen/Qwen3-0.6B", config.ModelName);
    }

    [Theory, InlineData("2"), InlineData("W_enc_2.safetensors"), InlineData("W_dec_2.safetensors"), InlineData("")]
    public void Mntss_LayerByNumberOrFile_SumsItsDecoders(string name)
    {
        _files.Safetensors("clt/W_enc_2.safetensors", ("W_enc_2", [F, D], TinyRelease.Turned(_files.Encoder, D, F)), ("b_enc_2", [F], _files.EncoderBias), ("b_dec_2", [D], _files.DecoderBias), ("threshold_2", [F], _files.Threshold));
        _files.Safetensors("clt/W_dec_2.safetensors", ("W_dec_2", [F, 2, D], Interleaved()));
        _files.Text("clt/config.yaml", "feature_input_hook: hook_resid_mid\nfeature_output_hook: hook_mlp_out\nmodel_name: google/gemma-2-2b\n");
        var files = Check("clt/" + name, "mntss_clt_layer_transcoder", new(_files) { SumsDecoders = true });
        Assert.Equal(("blocks.2.hook_resid_mid", "google/gemma-2-2b", 2), (files.Config.Hook.ToString(), files.Config.ModelName, files.Files.Count));
    }

    [Theory, InlineData(true), InlineData(false)]
    public void Temporal_ReadsItsAttention(bool tied)
    {
        static float[] Counted(int count) => [.. Enumerable.Range(0, count).Select(i => i / 100f)];
        (string, int[], float[])[] arrays = [("D", [8, D], Counted(8 * D)), ("b", [D], Counted(D))];
        foreach (var (part, rows) in new[] { ("q_target", 4), ("k_ctx", 4), ("v_ctx", 8), ("c_proj", 8) })
            arrays = [.. arrays, ($"attn_layers.0.{part}.weight", [rows, 8], Counted(rows * 8)), ($"attn_layers.0.{part}.bias", [rows], Counted(rows))];
        _files.Safetensors("layer_12/temporal/latest_ckpt.safetensors", tied ? arrays : [.. arrays, ("E", [D, 8], Counted(8 * D))]);
        _files.Text("layer_12/temporal/conf.yaml", $"llm: {{dimin: 6, name: google/gemma-2-2b}}\nsae: {{exp_factor: 1.34, n_heads: 2, n_attn_layers: 1, bottleneck_factor: 2, sae_diff_type: topk, kval_topk: 3, tied_weights: {tied}, scaling_factor: 0.29}}\n");
        var files = SaeLayouts.Read(_files.PathOf("layer_12/temporal"), new SaeLoadOptions());
        Assert.Equal(new SaeTemporal(2, 1, 2, 3, tied), files.Config.Temporal);
        Assert.Equal(("blocks.12.hook_resid_post", 0.29, 8, tied), (files.Config.Hook.ToString(), files.Config.NormalizationFactor, files.Config.DSae, files.Weights.Encoder is null));
        Assert.Equal([4L, 8L], files.Weights.Attention[0].Key.Weight.Shape.ToArray());
        Assert.Equal(Counted(8), files.Weights.Attention[0].Value.Bias.Memory.ToArray());
    }

    private float[] Interleaved() => [.. Enumerable.Range(0, F).SelectMany(f => _files.Decoder[(f * D)..((f + 1) * D)].Concat(_files.More[(f * D)..((f + 1) * D)]))];

    private static double[] Doubles(float[] values) => Array.ConvertAll(values, v => (double)v);

    // Read without and with its name, and computed.
    private SaeFiles Check(string path, string loader, TinyReleaseTwin twin, SaeLoadOptions? options = null)
    {
        options ??= new SaeLoadOptions();
        Assert.Equal(loader, SaeLayouts.Read(_files.PathOf(path), options with { Layout = path.Length > 0 ? loader : null }).Layout.Name);
        var (files, place) = SaeLayouts.Find(_files.PathOf(path), options);
        Assert.Equal(loader, files.Layout.Name);
        Assert.Equal((D, F, D), (files.Config.DIn, files.Config.DSae, files.Config.DOut));
        var (acts, decoded) = twin.Run();
        Assert.Contains(acts, a => a > 0);
        SaeRoundTrip.Run(SparseAutoencoder.Of(place, files), new Tensor(_files.X, 4, D), out var foundActs, out var foundDecoded);
        TwinAssert.Close("acts", acts, foundActs);
        TwinAssert.Close("decoded", decoded, foundDecoded);
        return files;
    }
}
