using FeatureInterp.Models;
using FeatureInterp.Saes;
using FeatureInterp.Tensors;

namespace FeatureInterp.Tests;

/// <summary>SAELens's files: what older versions wrote, what does not fit together, what is odd.</summary>
public sealed class SaeLensFileTests : IDisposable
{
    private readonly List<TinySae> _made = [];

    public void Dispose() => _made.ForEach(tiny => tiny.Dispose());

    [Theory]
    [InlineData("", SaeArchitecture.Standard, "none")]
    [InlineData("\"normalize_activations\": true,", SaeArchitecture.Standard, "expected_average_only_in")]
    [InlineData("\"normalize_activations\": false,", SaeArchitecture.Standard, "none")]
    [InlineData("\"normalize_activations\": null,", SaeArchitecture.Standard, "none")]
    [InlineData("\"activation_fn_str\": \"topk\", \"activation_fn_kwargs\": {\"k\": 7},", SaeArchitecture.TopK, "none")]
    [InlineData("\"activation_fn\": \"topk\", \"activation_fn_kwargs\": {\"k\": 7}, \"architecture\": \"standard\",", SaeArchitecture.TopK, "none")]
    [InlineData("\"activation_fn\": \"relu\", \"hook_point_head_index\": null,", SaeArchitecture.Standard, "none")]
    public void Load_FlatConfig_TakesSaeLensDefaults(string fields, SaeArchitecture architecture, string normalization)
    {
        var tiny = Make(new TinySaeShape { Architecture = "standard" });
        foreach (var field in new[] { "hook_name", "hook_point" })
        {
            Write(tiny, $$"""{{{fields}} "{{field}}": "blocks.1.attn.hook_z", "d_in": 20, "d_sae": 53, "model_name": "gpt2-small", "context_size": 128}""");
            var config = tiny.Load().Config;
            Assert.Equal(architecture, config.Architecture);
            Assert.Equal(architecture == SaeArchitecture.TopK ? 7 : null, config.TopK?.K);
            Assert.Equal(normalization, config.Origin.UnfoldedNormalization ?? "none");
            Assert.Equal("blocks.1.attn.hook_z", config.Hook.ToString());
            Assert.True(config.FlattensHeads);
            Assert.True(config.ApplyBDecToInput);
            Assert.True(config.PrependBos);
            Assert.Equal("gpt2-small", config.ModelName);
        }
    }

    [Fact]
    public void Load_FlatConfigWithUnknownActivation_IsRefused()
    {
        var tiny = Make(new TinySaeShape { Architecture = "standard" });
        Write(tiny, """{"activation_fn": "tanh-relu", "hook_name": "blocks.1.hook_resid_pre", "d_in": 20, "d_sae": 53}""");
        Assert.Contains("'tanh-relu'", Assert.Throws<ModelFileException>(tiny.Load).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Load_FieldsOfTheFuture_AreKept()
    {
        var tiny = Make(new TinySaeShape());
        Change(tiny, "\"context_size\": 128", "\"context_size\": 128, \"feature_names\": [\"a\", 2]");
        Change(tiny, "\"d_in\": 20,", "\"d_in\": 20, \"quantum\": {\"spin\": 0.5}, \"unset\": null,");
        var others = tiny.Load().Config.Origin.OtherFields;
        Assert.Equal(["metadata.feature_names", "metadata.sae_lens_version", "quantum"], others.Keys.Order(StringComparer.Ordinal));
        Assert.Equal("{\"spin\": 0.5}", others["quantum"]);
    }

    [Fact]
    public void Load_HookNotSaid_EncodesButHasNoPlace()
    {
        var tiny = Make(new TinySaeShape());
        Change(tiny, "\"hook_name\": \"blocks.1.hook_resid_post\",", "");
        var sae = tiny.Load();
        Assert.Equal(2, sae.Encode(tiny.Inputs(2, 1)).Tokens);
        Assert.Contains("an unnamed hook", sae.ToString(), StringComparison.Ordinal);
        Assert.Contains("SaeLoadOptions.Hook", Assert.Throws<SaeException>(() => sae.Config.Hook).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Load_Options_StandOverTheFile()
    {
        var tiny = Make(new TinySaeShape { Architecture = "transcoder", ApplyBDec = false, Hook = "transformer.h.1", ModelName = "mine" });
        var options = new SaeLoadOptions { Hook = HookPoint.Parse("blocks.2.hook_resid_mid"), HookOut = HookPoint.Parse("blocks.2.hook_mlp_out"), ModelName = "gemma-2-2b" };
        var config = tiny.Load(options).Config;
        Assert.Equal("blocks.2.hook_resid_mid", config.Hook.ToString());
        Assert.Equal("blocks.2.hook_mlp_out", config.HookOut.ToString());
        Assert.Equal("gemma-2-2b", config.ModelName);
        Assert.Contains("'transformer.h.1'", Assert.Throws<SaeException>(tiny.Load).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Load_LogThreshold_IsExponentiated()
    {
        var tiny = Make(new TinySaeShape());
        Rename(tiny, "\"threshold\"", "\"log_threshold\"");
        var x = tiny.Inputs(4, seed: 2);
        var pre = tiny.Load().Forward(x, SaePass.Plain);
        var twin = Make(new TinySaeShape());
        for (var f = 0; f < 53; f++)
            twin.Threshold![f] = Math.Exp(twin.Threshold[f]);
        var wanted = Enumerable.Range(0, 4).SelectMany(t => new SaeTwin(twin).Run(Array.ConvertAll(x[t].Memory.ToArray(), v => (double)v)).Output).ToArray();
        TwinAssert.Close("with thresholds exponentiated", wanted, pre);
    }

    [Theory, InlineData(1f, null), InlineData(1.5f, "'scaling_factor' is not all ones")]
    public void Load_ScalingFactor_IsIgnoredOrRefused(float value, string? says)
    {
        var tiny = Make(new TinySaeShape { Architecture = "standard" });
        Rebuild(tiny, extra: file => file.Add("scaling_factor", DType.F32, [53], [.. Enumerable.Repeat(1f, 52), value]));
        if (says is null)
            Assert.Equal(2, tiny.Load().Encode(tiny.Inputs(2, 1)).Tokens);
        else
            Assert.Contains(says, Assert.Throws<WeightFileException>(tiny.Load).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("jumprelu", "standard", "'threshold' belongs to no Standard SAE")]
    [InlineData("gated", "jumprelu", "'b_enc'")]
    [InlineData("standard", "gated", "'b_gate'")]
    [InlineData("standard", "jumprelu", "'threshold'")]
    [InlineData("skip_transcoder", "transcoder", "'W_skip' belongs to no")]
    [InlineData("transcoder", "skip_transcoder", "'W_skip'")]
    [InlineData("standard", "matching_pursuit", "'W_enc' belongs to no")]
    [InlineData("matching_pursuit", "standard", "'W_enc'")]
    public void Load_ArraysOfAnotherKind_AreRefused(string arrays, string config, string says)
    {
        TinySae file = Make(Shape(arrays)), tiny = Make(Shape(config));
        File.Copy(WeightsOf(file), WeightsOf(tiny), overwrite: true);
        Assert.Contains(says, Assert.Throws<WeightFileException>(tiny.Load).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("standard", "b_enc")]
    [InlineData("standard", "b_dec")]
    [InlineData("standard", "W_enc")]
    [InlineData("standard", "W_dec")]
    [InlineData("jumprelu", "threshold")]
    [InlineData("gated", "r_mag")]
    [InlineData("gated", "b_gate")]
    [InlineData("gated", "b_mag")]
    [InlineData("skip_transcoder", "W_skip")]
    [InlineData("temporal", "attn_layers.0.k_ctx.weight")]
    [InlineData("temporal", "attn_layers.0.c_proj.bias")]
    public void Load_NaNOrInfinity_IsNamed(string architecture, string array)
    {
        foreach (var value in new[] { float.NaN, float.PositiveInfinity, float.NegativeInfinity })
        {
            var tiny = Make(Shape(architecture));
            Rebuild(tiny, spoil: (name, values) => values[^1] = name == array ? value : values[^1]);
            var e = Assert.Throws<WeightFileException>(tiny.Load);
            Assert.Equal(WeightsOf(tiny), e.Path);
            Assert.Contains(float.IsNaN(value) ? "holds NaN" : "holds an infinity", e.Message, StringComparison.Ordinal);
            Assert.Contains(array.Replace(".bias", ".weight", StringComparison.Ordinal), e.Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void Load_DecoderRowsOfZeros_AreReported()
    {
        var tiny = Make(new TinySaeShape());
        Rebuild(tiny, spoil: (name, values) =>
        {
            if (name == "W_dec")
                values.AsSpan(7 * 20, 20).Clear();
        });
        var sae = tiny.Load();
        Assert.Contains("1 of its 53 decoder rows are zero, that of feature 7", Assert.Single(sae.LoadWarnings), StringComparison.Ordinal);
        Assert.DoesNotContain(sae.FoldDecoderNorms().Reconstruct(tiny.Inputs(5, 1)).Memory.ToArray(), float.IsNaN);
        Assert.Empty(Make(new TinySaeShape()).Load().LoadWarnings);
    }

    [Fact]
    public void Load_MoreKeptThanThereAre_IsRefused()
    {
        var tiny = Make(new TinySaeShape { Architecture = "topk", K = 54 });
        Assert.Contains("k is 54", Assert.Throws<SaeException>(tiny.Load).Message, StringComparison.Ordinal);
        Assert.Contains("k is 100", Assert.Throws<SaeException>(Make(Shape("temporal") with { K = 100 }).Load).Message, StringComparison.Ordinal);
        Assert.Equal(53, Make(new TinySaeShape { Architecture = "topk", K = 53 }).Load().Config.TopK!.K);
    }

    [Fact]
    public void Load_TranscoderThatTakesItsOutputBiasFromItsInput_IsRefused()
    {
        var tiny = Make(Shape("transcoder") with { ApplyBDec = true });
        Assert.Contains("'apply_b_dec_to_input'", Assert.Throws<SaeException>(tiny.Load).Message, StringComparison.Ordinal);
    }

    private static TinySaeShape Shape(string architecture) => new()
    {
        Architecture = architecture,
        ApplyBDec = !architecture.EndsWith("transcoder", StringComparison.Ordinal),
        DSae = architecture == "temporal" ? 52 : 53,
    };

    private TinySae Make(TinySaeShape shape)
    {
        var tiny = new TinySae(shape);
        _made.Add(tiny);
        return tiny;
    }

    private static string WeightsOf(TinySae tiny) => Path.Combine(tiny.Folder, "sae_weights.safetensors");

    private static void Write(TinySae tiny, string config) => File.WriteAllText(Path.Combine(tiny.Folder, "cfg.json"), config);

    private static void Change(TinySae tiny, string old, string replacement)
    {
        var path = Path.Combine(tiny.Folder, "cfg.json");
        var text = File.ReadAllText(path);
        Assert.Contains(old, text, StringComparison.Ordinal);
        File.WriteAllText(path, text.Replace(old, replacement, StringComparison.Ordinal));
    }

    // The header's length is in front of it, so it grows with the name.
    private static void Rename(TinySae tiny, string old, string name)
    {
        var bytes = File.ReadAllBytes(WeightsOf(tiny));
        var length = (int)BitConverter.ToInt64(bytes);
        var header = System.Text.Encoding.UTF8.GetString(bytes, 8, length).Replace(old, name, StringComparison.Ordinal);
        File.WriteAllBytes(WeightsOf(tiny), RawSafetensors.Bytes(header, bytes[(8 + length)..]));
    }

    private static void Rebuild(TinySae tiny, Action<string, float[]>? spoil = null, Action<RawSafetensors>? extra = null)
    {
        var file = new RawSafetensors();
        foreach (var (name, weight) in SafetensorsFile.Open(WeightsOf(tiny)).Weights)
        {
            var values = weight.ToTensor().Memory.ToArray();
            spoil?.Invoke(name, values);
            file.Add(name, DType.F32, Array.ConvertAll(weight.Shape.ToArray(), s => (int)s), values);
        }

        extra?.Invoke(file);
        var path = WeightsOf(tiny) + ".new";
        file.Save(path);
        File.Move(path, WeightsOf(tiny), overwrite: true);
    }
}
