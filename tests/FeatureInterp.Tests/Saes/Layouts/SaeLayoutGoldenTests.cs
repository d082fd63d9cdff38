using System.Text.Json;
using FeatureInterp.Saes;
using FeatureInterp.Tensors;

namespace FeatureInterp.Tests;

/// <summary>What is read of every upstream layout against what SAELens reads: the configuration and each array, when the goldens are there.</summary>
public class SaeLayoutGoldenTests
{
    public static TheoryData<string> Cases() => LayoutGolden.Cases();

    public static TheoryData<string> CasesThatSaeLensReads() => LayoutGolden.CasesThatSaeLensReads();

    [Theory, MemberData(nameof(Cases), DisableDiscoveryEnumeration = true)]
    public void Read_EachLayout_IsRecognised(string name)
    {
        var golden = Golden(name);
        var (files, _) = SaeLayouts.Find(golden.Place, golden.Options);
        // The folder alone does not tell a transcoder of Gemma Scope from an SAE; the repository's name does.
        Assert.Equal(golden.Loader, files.Layout.Name);
    }

    [Theory, MemberData(nameof(CasesThatSaeLensReads), DisableDiscoveryEnumeration = true)]
    public void Read_EachLayout_HasSaeLensArrays(string name)
    {
        var golden = Golden(name);
        var arrays = SafetensorsFile.Open(Path.Combine(golden.Folder, "golden.safetensors"));
        var w = SaeLayouts.Read(golden.Place, golden.Options).Weights;
        var tolerance = golden.Json.TryGetProperty("computed_dtypes", out _) ? 4e-3 : 1e-6;
        var found = new Dictionary<string, Tensor?>
        {
            ["W_enc"] = w.Encoder is { } e ? Matrix(e, transposed: true) : null,
            ["W_dec"] = Matrix(w.Decoder, transposed: false),
            ["b_enc"] = w.EncoderBias,
            ["b_dec"] = w.DecoderBias,
            ["threshold"] = w.Threshold,
            ["W_skip"] = w.Skip?.ToTensor(),
            ["b_gate"] = w.Gate?.GateBias,
            ["b_mag"] = w.Gate?.MagnitudeBias,
            ["r_mag"] = w.Gate?.LogScale,
        };
        for (var i = 0; i < w.Attention.Count; i++)
        {
            foreach (var (part, matrix) in new[] { ("q_target", w.Attention[i].Query), ("k_ctx", w.Attention[i].Key), ("v_ctx", w.Attention[i].Value), ("c_proj", w.Attention[i].Output) })
                (found[$"attn_layers.{i}.{part}.weight"], found[$"attn_layers.{i}.{part}.bias"]) = (matrix.Weight.ToTensor(), matrix.Bias);
        }

        var wanted = arrays.Weights.Keys.Where(k => k.StartsWith("state.", StringComparison.Ordinal)).Select(k => k[6..]).ToArray();
        Assert.Equal(wanted.Order(StringComparer.Ordinal), found.Where(f => f.Value is not null).Select(f => f.Key).Order(StringComparer.Ordinal));
        foreach (var array in wanted)
            Tests.Golden.AssertClose(array, arrays["state." + array].ToTensor(), found[array]!, tolerance);
    }

    [Theory, MemberData(nameof(CasesThatSaeLensReads), DisableDiscoveryEnumeration = true)]
    public void Read_EachLayout_HasSaeLensConfiguration(string name)
    {
        var golden = Golden(name);
        var wanted = golden.Json.GetProperty("cfg");
        var metadata = wanted.GetProperty("metadata");
        var config = SaeLayouts.Read(golden.Place, golden.Options).Config;

        Assert.Equal(wanted.GetProperty("d_in").GetInt32(), config.DIn);
        Assert.Equal(wanted.GetProperty("d_sae").GetInt32(), config.DSae);
        Assert.Equal(wanted.TryGetProperty("d_out", out var dOut) ? dOut.GetInt32() : config.DIn, config.DOut);
        Assert.Equal(wanted.GetProperty("apply_b_dec_to_input").GetBoolean(), config.ApplyBDecToInput);
        Assert.Equal(wanted.TryGetProperty("k", out var k) ? k.GetInt32() : (int?)null, config.TopK?.K);
        Assert.Equal(wanted.GetProperty("normalize_activations").GetString(), Normalization(config));
        if (wanted.TryGetProperty("activation_normalization_factor", out var factor))
            Assert.Equal(factor.GetDouble(), config.NormalizationFactor);
        Assert.Equal(wanted.GetProperty("architecture").GetString(), Architecture(config, SaeLayouts.Read(golden.Place, golden.Options).Weights));

        Assert.Equal(Hook(name, metadata.GetProperty("hook_name").GetString()!), config.Hook.ToString());
        Assert.Equal(metadata.TryGetProperty("hook_name_out", out var hookOut) ? hookOut.GetString() : null, config.HookOut?.ToString());
        // Attention SAEs of Gemma Scope 2: SAELens leaves the heads apart, so that they cannot be attached.
        Assert.Equal(name == "gemma_3_attn" || wanted.GetProperty("reshape_activations").GetString() == "hook_z", config.FlattensHeads);
        // The configuration of a temporal SAE names the model, which SAELens passes over.
        if (metadata.TryGetProperty("model_name", out var model) && golden.Loader != "temporal")
            Assert.Equal(model.GetString(), config.ModelName);
        if (metadata.TryGetProperty("dataset_path", out var dataset))
            Assert.Equal(dataset.GetString(), config.Origin.Dataset);
        // What mwhanna's files call the batch size is no context size.
        if (metadata.TryGetProperty("context_size", out var context) && golden.Loader != "mwhanna_transcoder")
            Assert.Equal(context.GetInt32(), config.Origin.ContextSize);
    }

    [Fact]
    public void Facts_NamesAlone_AreWhatSaeLensReadsOfThem()
    {
        Assert.SkipWhen(Repository.Shared is null, "the peers' goldens are not here");
        var rows = JsonDocument.Parse(File.ReadAllText(Path.Combine(Repository.Shared!, "goldens", "saes", "layouts", "config_inference", "golden.json"))).RootElement.GetProperty("rows");
        foreach (var row in rows.EnumerateArray())
        {
            var (loader, repository, path) = (row.GetProperty("loader").GetString()!, row.GetProperty("repo_id").GetString()!, row.GetProperty("path").GetString()!);
            var facts = loader switch
            {
                "gemma_2" => GemmaScopeNames.Sae(repository, path),
                "gemma_2_transcoder" => GemmaScopeNames.Transcoder(repository, path),
                "deepseek_r1" => DeepSeekR1Layout.Facts(repository, path),
                "goodfire" => GoodfireLayout.Facts(repository, path),
                "qwen_scope" => QwenScopeLayout.Facts(repository, path),
                _ => GemmaScope2Names.Facts(repository, path),
            };
            Assert.Equal(row.TryGetProperty("raises", out _), facts.Fault is not null);
            if (facts.Fault is not null)
                continue;
            var wanted = row.GetProperty("cfg");
            if (!wanted.TryGetProperty("hook_name", out var hook))
            {
                // A raw Gemma Scope 2 configuration names modules of the Transformers library.
                Assert.Equal(GemmaScope2Names.Hook(wanted.GetProperty("hf_hook_point_in").GetString()), facts.HookIn);
                Assert.Equal(wanted.TryGetProperty("hf_hook_point_out", out var moduleOut) ? GemmaScope2Names.Hook(moduleOut.GetString()) : null, facts.HookOut);
                Assert.Equal(GemmaScope2Names.Model(wanted.GetProperty("model_name").GetString()!["google/".Length..]), facts.ModelName);
                continue;
            }

            Assert.Equal(hook.GetString(), facts.HookIn?.ToString());
            Assert.Equal(wanted.TryGetProperty("hook_name_out", out var hookOut) ? hookOut.GetString() : null, facts.HookOut?.ToString());
            Assert.Equal(wanted.GetProperty("model_name").GetString(), facts.ModelName);
            Assert.Equal(wanted.GetProperty("d_sae") is { ValueKind: JsonValueKind.Number } dSae ? dSae.GetInt32() : (int?)null, facts.DSae);
            // The heads of the instruct model are as wide as the base model's, which SAELens does not know.
            Assert.Equal(repository == "google/gemma-scope-2b-it-att" ? 2048 : wanted.GetProperty("d_in").GetInt32(), facts.DIn);
            if (wanted.TryGetProperty("activation_fn_kwargs", out var kept))
                Assert.Equal(kept.GetProperty("k").GetInt32(), facts.K);
        }
    }

    [Fact]
    public void Load_PickleThatWantsToRunCode_IsRefusedByName()
    {
        Assert.SkipWhen(Repository.Shared is null, "the peers' goldens are not here");
        var file = Directory.GetFiles(Path.Combine(Repository.Shared!, "goldens", "saes", "layouts", "pt_reader"), "unsafe.pt", SearchOption.AllDirectories).Single();
        var e = Assert.Throws<WeightFileException>(() => SparseAutoencoder.Load(file));
        Assert.Equal(file, e.Path);
        Assert.Contains("getcwd", e.Message, StringComparison.Ordinal);
    }

    private static LayoutGolden Golden(string name)
    {
        Assert.SkipWhen(name.Length == 0, "the peers' goldens are not here");
        return new LayoutGolden(name);
    }

    // SAELens has Gemma Scope 2's transcoders read the residual stream before the norm; they were trained on what the MLP reads.
    private static string Hook(string name, string hook) => name.StartsWith("gemma_3", StringComparison.Ordinal) ? hook.Replace(".hook_mlp_in", ".mlp.hook_in", StringComparison.Ordinal)
        : name == "sparsify_no_biases" ? hook.Replace("resid_post", "mlp_out", StringComparison.Ordinal) : hook;

    private static string Normalization(SaeConfig config) => config.Normalization switch
    {
        SaeNormalization.ConstantNormRescale => "constant_norm_rescale",
        SaeNormalization.ConstantScalarRescale => "constant_scalar_rescale",
        SaeNormalization.LayerNorm => "layer_norm",
        _ => config.Origin.UnfoldedNormalization ?? "none",
    };

    private static string Architecture(SaeConfig config, SaeWeights weights) => (config.Architecture, config.IsTranscoder, weights.Skip is not null) switch
    {
        (SaeArchitecture.JumpReLU, true, true) => "jumprelu_skip_transcoder",
        (SaeArchitecture.JumpReLU, true, false) => "jumprelu_transcoder",
        (SaeArchitecture.Standard, true, true) => "skip_transcoder",
        (SaeArchitecture.Standard, true, false) => "transcoder",
        var (kind, _, _) => kind.ToString().ToLowerInvariant(),
    };

    private static Tensor Matrix(SaeMatrix matrix, bool transposed)
    {
        var rows = Tensor.Uninitialized(matrix.Features, matrix.Width);
        for (var f = 0; f < matrix.Features; f++)
            matrix.Copy(f, rows.Row(f));
        if (!transposed)
            return rows;
        var columns = Tensor.Uninitialized(matrix.Width, matrix.Features);
        for (var f = 0; f < matrix.Features; f++)
        {
            for (var d = 0; d < matrix.Width; d++)
                columns[d, f] = rows[f, d];
        }

        return columns;
    }
}
