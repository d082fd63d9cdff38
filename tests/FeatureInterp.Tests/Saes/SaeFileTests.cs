using FeatureInterp.Models;
using FeatureInterp.Saes;
using FeatureInterp.Tensors;

namespace FeatureInterp.Tests;

/// <summary>SAE folders that cannot be used: each says why.</summary>
public sealed class SaeFileTests : IDisposable
{
    private readonly TinySae _tiny = new();

    public void Dispose() => _tiny.Dispose();

    private string ConfigPath => Path.Combine(_tiny.Folder, "cfg.json");

    private string WeightsPath => Path.Combine(_tiny.Folder, "sae_weights.safetensors");

    [Theory]
    [InlineData("\"architecture\": \"jumprelu\"", "\"architecture\": \"crosscoder\"", "'crosscoder'; the ones that can be computed are standard, gated, jumprelu, topk")]
    [InlineData("\"architecture\": \"jumprelu\"", "\"architecture\": \"batchtopk\"", "save it for inference")]
    [InlineData("\"architecture\": \"jumprelu\"", "\"architecture\": \"matryoshka_batchtopk\"", "save it for inference")]
    [InlineData("\"architecture\": \"jumprelu\",", "", "not given")]
    [InlineData("\"normalize_activations\": \"none\"", "\"normalize_activations\": \"tanh\"", "'tanh'")]
    [InlineData("\"reshape_activations\": \"none\"", "\"reshape_activations\": \"hook_q\"", "'hook_q'")]
    [InlineData("\"hook_name\": \"blocks.1.hook_resid_post\"", "\"hook_name\": \"transformer.h.1\"", "'transformer.h.1'")]
    [InlineData("\"hook_name\": \"blocks.1.hook_resid_post\"", "\"hook_name\": \"blocks.1.hook_resid_post.hook_sae_input\"", "hook_sae_input")]
    [InlineData("\"hook_head_index\": null", "\"hook_head_index\": 2", "one head")]
    public void Load_KindThatCannotBeComputed_IsNamed(string old, string replacement, string named)
    {
        Change(old, replacement);
        var e = Assert.Throws<SaeException>(_tiny.Load);
        Assert.Contains(ConfigPath, e.Message, StringComparison.Ordinal);
        Assert.Contains(named, e.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("\"d_in\": 20,", "", "'d_in' is missing")]
    [InlineData("\"d_in\": 20", "\"d_in\": 0", "'d_in' is 0")]
    [InlineData("\"d_sae\": 53", "\"d_sae\": 1000000000000", "'d_sae' is 1000000000000")]
    [InlineData("\"d_sae\": 53", "\"d_sae\": \"53\"", "'d_sae' is \"53\"")]
    [InlineData("\"apply_b_dec_to_input\": true", "\"apply_b_dec_to_input\": 1", "'apply_b_dec_to_input' is 1")]
    [InlineData("\"normalize_activations\": \"none\"", "\"normalize_activations\": \"constant_scalar_rescale\"", "'activation_normalization_factor' is missing")]
    [InlineData("\"architecture\": \"jumprelu\"", "\"architecture\": \"topk\"", "'k' is missing")]
    [InlineData("\"architecture\": \"jumprelu\"", "\"architecture\": \"topk\", \"k\": 0", "'k' is 0")]
    [InlineData("\"architecture\": \"jumprelu\"", "\"architecture\": \"jumprelu_transcoder\"", "'d_out' is missing")]
    [InlineData("\"architecture\": \"jumprelu\"", "\"architecture\": \"temporal\", \"n_heads\": 3", "'d_sae' is 53")]
    [InlineData("\"architecture\": \"jumprelu\"", "\"architecture\": \"matching_pursuit\", \"residual_threshold\": -1", "'residual_threshold' is -1")]
    [InlineData("\"architecture\": \"jumprelu\"", "\"architecture\": 3", "'architecture' is 3")]
    public void Load_ConfigFieldMissingOrAbsurd_IsNamed(string old, string replacement, string named)
    {
        Change(old, replacement);
        var e = Assert.Throws<ModelFileException>(_tiny.Load);
        Assert.Equal(ConfigPath, e.Path);
        Assert.Contains(named, e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Load_OptionalFieldsLeftOut_TakesSaeLensDefaults()
    {
        Change("\"apply_b_dec_to_input\": true, \"normalize_activations\": \"none\", \"reshape_activations\": \"none\",", "");
        var config = _tiny.Load().Config;
        Assert.True(config.ApplyBDecToInput);
        Assert.Equal(SaeNormalization.None, config.Normalization);
        Assert.False(config.FlattensHeads);
        Assert.Null(config.ModelName);
    }

    [Fact]
    public void Load_ThresholdMissing_IsRefused()
    {
        using var standard = new TinySae(new TinySaeShape { Architecture = "standard" });
        File.Copy(Path.Combine(standard.Folder, "sae_weights.safetensors"), WeightsPath, overwrite: true);
        var e = Assert.Throws<WeightFileException>(_tiny.Load);
        Assert.Equal(WeightsPath, e.Path);
        Assert.Contains("'threshold'", e.Message, StringComparison.Ordinal);
    }

    [Theory, InlineData(21, 53), InlineData(20, 52), InlineData(53, 20)]
    public void Load_WeightsOfOtherShape_AreRefused(int dIn, int dSae)
    {
        using var other = new TinySae(new TinySaeShape { DIn = dIn, DSae = dSae });
        File.Copy(Path.Combine(other.Folder, "sae_weights.safetensors"), WeightsPath, overwrite: true);
        var e = Assert.Throws<WeightFileException>(_tiny.Load);
        Assert.Contains($"'W_enc' is [{dIn}, {dSae}], but cfg.json asks for [20, 53]", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Load_WeightsOfIntegers_AreRefused()
    {
        var bytes = File.ReadAllText(WeightsPath, System.Text.Encoding.Latin1).Replace("\"dtype\":\"F32\"", "\"dtype\":\"I32\"", StringComparison.Ordinal);
        File.WriteAllText(WeightsPath, bytes, System.Text.Encoding.Latin1);
        Assert.Contains("stored as I32", Assert.Throws<WeightFileException>(_tiny.Load).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Load_NoConfig_IsRefused()
    {
        File.Delete(ConfigPath);
        Assert.Equal(ConfigPath, Assert.Throws<ModelFileException>(_tiny.Load).Path);
    }

    [Fact]
    public void Load_NoWeights_IsRefused()
    {
        File.Delete(WeightsPath);
        Assert.Equal(WeightsPath, Assert.Throws<WeightFileException>(_tiny.Load).Path);
    }

    [Fact]
    public void Load_NameThatIsNone_ListsWhatThereIs()
    {
        var e = Assert.Throws<ModelFileException>(() => SparseAutoencoder.Load("talegrid-6m-res-l4"));
        Assert.Contains("talegrid-6m-res-l3", e.Message, StringComparison.Ordinal);
    }

    private void Change(string old, string replacement)
    {
        var text = File.ReadAllText(ConfigPath);
        Assert.Contains(old, text, StringComparison.Ordinal);
        File.WriteAllText(ConfigPath, text.Replace(old, replacement, StringComparison.Ordinal));
    }
}
