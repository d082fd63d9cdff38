using FeatureInterp.Models;
using FeatureInterp.Saes;
using FeatureInterp.Tensors;

namespace FeatureInterp.Tests;

/// <summary>Files of published layouts that cannot be used: each says why.</summary>
public sealed class SaeLayoutFaultTests : IDisposable
{
    private const int D = TinyRelease.D, F = TinyRelease.F;

    private readonly TinyRelease _files = new();

    public void Dispose() => _files.Dispose();

    [Theory]
    [InlineData("w_dec", new[] { D, F }, "'w_dec' is [6, 10], but a decoder")]
    [InlineData("b_enc", new[] { D }, "'b_enc' is [6], but the encoder asks for [10]")]
    [InlineData("threshold", new[] { 1, F }, "'threshold' is [1, 10], but the encoder asks for [10]")]
    [InlineData("w_enc", new[] { D * F }, "'w_enc' is [60], where a matrix")]
    [InlineData("w_enc", new[] { 0, F }, "0 inputs and 10 features")]
    public void Arrays_OfOtherShape_AreRefused(string name, int[] shape, string says)
    {
        var values = new float[shape.Aggregate(1, (a, b) => a * b)];
        _files.Npz("a/params.npz", [.. _files.Gemma().Select(a => a.Name == name ? (name, shape, values) : a)]);
        var e = Assert.Throws<WeightFileException>(() => Load("a"));
        Assert.Equal(_files.PathOf("a/params.npz"), e.Path);
        Assert.Contains(name == "w_dec" ? "'w_dec' is [6, 10]" : says, e.Message, StringComparison.Ordinal);
    }

    [Theory, InlineData("w_enc"), InlineData("w_dec"), InlineData("b_enc"), InlineData("b_dec"), InlineData("threshold")]
    public void Arrays_Missing_AreNamed(string name)
    {
        _files.Npz("a/params.npz", [.. _files.Gemma().Where(a => a.Name != name)]);
        Assert.Contains($"'{name}'", Assert.Throws<WeightFileException>(() => Load("a")).Message, StringComparison.Ordinal);
    }

    [Theory, InlineData("w_enc", float.NaN), InlineData("w_dec", float.PositiveInfinity), InlineData("b_enc", float.NaN), InlineData("threshold", float.NegativeInfinity)]
    public void Arrays_WithNaNOrInfinity_AreRefused(string name, float value)
    {
        _files.Npz("a/params.npz", [.. _files.Gemma().Select(a => a.Name == name ? (name, a.Shape, [.. a.Values[..^1], value]) : a)]);
        Assert.Contains($"'{name}'", Assert.Throws<WeightFileException>(() => SparseAutoencoder.Load(_files.PathOf("a"))).Message, StringComparison.OrdinalIgnoreCase);
    }

    [Theory]
    [InlineData("\"d_model\": 6", "\"d_model\": 7", "'d_model' or 'd_sae'")]
    [InlineData("\"d_sae\": 10", "\"d_sae\": 11", "'d_model' or 'd_sae'")]
    [InlineData("\"act_fn\": \"jumprelu\"", "\"act_fn\": \"gelu\"", "'act_fn' is 'gelu'")]
    [InlineData("\"use_glu_encoder\": false", "\"use_glu_encoder\": true", "'use_glu_encoder' is true")]
    [InlineData("{\"in\": 7.25}", "{\"in\": 0}", "'dataset_average_activation_norm.in' is 0")]
    [InlineData("\"jump_relu_threshold\": 0.5", "\"jump_relu_threshold\": \"0.5\"", "'jump_relu_threshold'")]
    public void LlamaScope_HyperparametersThatContradict_AreNamed(string old, string replacement, string says)
    {
        const string Good = "{\"hook_point_in\": \"blocks.5.hook_resid_post\", \"d_model\": 6, \"d_sae\": 10, \"act_fn\": \"jumprelu\", \"use_glu_encoder\": false, \"jump_relu_threshold\": 0.5, \"dataset_average_activation_norm\": {\"in\": 7.25}}";
        _files.Safetensors("a/checkpoints/final.safetensors", _files.Linear("encoder", "decoder"));
        _files.Text("a/hyperparams.json", Good.Replace(old, replacement, StringComparison.Ordinal));
        Assert.Contains(says, Assert.Throws<ModelFileException>(() => Load("a")).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("\"dict_class\": \"AutoEncoderTopK\"", "\"dict_class\": \"CrossCoder\"", "'CrossCoder'")]
    [InlineData("\"dict_class\": \"AutoEncoderTopK\",", "", "'trainer.dict_class' is missing")]
    [InlineData("\"k\": 2", "\"k\": 11", "'trainer.k' is 11")]
    [InlineData("\"activation_dim\": 6", "\"activation_dim\": 5", "'activation_dim' or 'dict_size'")]
    public void DictionaryLearning_ConfigurationThatMakesNoSense_IsNamed(string old, string replacement, string says)
    {
        const string Good = "{\"trainer\": {\"dict_class\": \"AutoEncoderTopK\", \"activation_dim\": 6, \"dict_size\": 10, \"layer\": 3, \"k\": 2}, \"buffer\": {}}";
        _files.Torch("a/ae.pt", [.. _files.Linear("encoder", "decoder")[..3], ("b_dec", [D], _files.DecoderBias)]);
        _files.Text("a/config.json", Good.Replace(old, replacement, StringComparison.Ordinal));
        Assert.Contains(says, Assert.ThrowsAny<Exception>(() => Load("a")) is var e and (SaeException or ModelFileException) ? e.Message : "", StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("[1, 2]", "no mapping")]
    [InlineData("llm: {dimin: 6", "not YAML")]
    [InlineData("llm: &a {dimin: 6}\nsae: *a", "anchor or an alias")]
    [InlineData("llm: 1\nllm: 2", "'llm' a second time")]
    [InlineData("", "empty")]
    [InlineData("llm: {dimin: 7}\nsae: {}", "'llm.dimin'")]
    public void Yaml_ThatCannotBeRead_SaysWhy(string text, string says)
    {
        _files.Safetensors("a/latest_ckpt.safetensors", ("D", [F, D], _files.Decoder), ("b", [D], _files.DecoderBias));
        _files.Text("a/conf.yaml", text);
        var e = Assert.Throws<ModelFileException>(() => Load("a"));
        Assert.Equal(_files.PathOf("a/conf.yaml"), e.Path);
        Assert.Contains(says, e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Yaml_NestedDeeply_IsRefused() =>
        Assert.Contains("nests more than", Assert.Throws<ModelFileException>(() => SaeYaml.Parse("x", "a: " + new string('[', 100) + new string(']', 100))).Message, StringComparison.Ordinal);

    // YamlDotNet's scanner throws more than its own exception at some of these.
    [Fact]
    public void Yaml_WithAnyCharacterOfSyntaxAnywhere_IsReadOrRefused()
    {
        const string Text = "fields:\n  - [1, two, \"three\"]\n  - {a: 1, b: ~}\n# end\nname: 'x'\n";
        foreach (var (place, with) in Enumerable.Range(0, Text.Length).SelectMany(p => "[]{},:#-?'\"|>&*!%@~ \n\t\0".Select(c => (p, c))))
        {
            var refusal = Record.Exception(() => SaeYaml.Parse("x", Text[..place] + with + Text[(place + 1)..])) ?? Record.Exception(() => SaeYaml.Parse("x", Text[..place] + with));
            Assert.True(refusal is null or ModelFileException, $"'{with}' at {place}: {refusal}");
        }
    }

    [Fact]
    public void Yaml_Scalars_AreWhatPythonMakesOfThem()
    {
        var fields = SaeYaml.Parse("x", "a: 1\nb: 2.5\nc: true\nd: \"1\"\ne: ~\nf: null\ng: 1e-3\nh: text\ni: -4\nj: nan\nk: [1, x]\n");
        Assert.Equal("""{"a":1,"b":2.5,"c":true,"d":"1","e":null,"f":null,"g":0.001,"h":"text","i":-4,"j":"nan","k":[1,"x"]}""", fields.ToJsonString());
    }

    [Fact]
    public void Pickle_ThatWantsToRunCode_IsRefusedByName()
    {
        _files.Text("keep", "");
        File.WriteAllBytes(_files.PathOf("DeepSeek-R1-Distill-Llama-8B-SAE-l19.pt"), RawTorch.Bytes(new RawPickle().Global("os", "system").Tuple(p => p.Text("true")).Op('R')));
        foreach (var layout in new[] { null, "deepseek_r1", "goodfire" })
        {
            var message = Assert.ThrowsAny<Exception>(() => SparseAutoencoder.Load(_files.PathOf("DeepSeek-R1-Distill-Llama-8B-SAE-l19.pt"), new SaeLoadOptions { Layout = layout })).Message;
            Assert.Contains("os.system", message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void Load_FolderOfSeveral_ListsThem()
    {
        _files.Npz("layer_1/average_l0_5/params.npz", _files.Gemma());
        _files.Npz("layer_2/average_l0_5/params.npz", _files.Gemma());
        var e = Assert.Throws<SaeException>(() => Load(""));
        Assert.Contains(Path.Combine("layer_1", "average_l0_5"), e.Message, StringComparison.Ordinal);
        Assert.Contains(Path.Combine("layer_2", "average_l0_5"), e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Load_WhatIsNoSae_SaysWhatIsThere()
    {
        _files.Text("a/readme.md", "");
        Assert.Contains("readme.md", Assert.Throws<SaeException>(() => Load("a")).Message, StringComparison.Ordinal);
        _files.Safetensors("b/model.safetensors", ("lm_head.weight", [2], [1, 2]));
        Assert.Contains("lm_head.weight", Assert.Throws<SaeException>(() => Load("b")).Message, StringComparison.Ordinal);
        Assert.Contains("no such folder or file", Assert.Throws<ModelFileException>(() => Load("nowhere")).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Load_LayoutThatIsNone_NamesTheNearest()
    {
        _files.Npz("a/params.npz", _files.Gemma());
        Assert.Contains("did you mean 'gemma_2'", Assert.Throws<SaeException>(() => SaeLayouts.Read(_files.PathOf("a"), new SaeLoadOptions { Layout = "gema_2" })).Message, StringComparison.Ordinal);
        Assert.Contains("does not look like 'sparsify'", Assert.Throws<SaeException>(() => SaeLayouts.Read(_files.PathOf("a"), new SaeLoadOptions { Layout = "sparsify" })).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("d_in", "7", "6")]
    [InlineData("k", "3", "keeps no fixed number")]
    [InlineData("normalize_activations", "batch_norm", "layer_norm")]
    [InlineData("apply_b_dec_to_input", "maybe", "true or false")]
    [InlineData("hook_name", "layer 3", "no hook of a model")]
    public void Override_ThatMakesNoSense_IsRefused(string field, string value, string says)
    {
        _files.Npz("a/params.npz", _files.Gemma());
        var options = new SaeLoadOptions { Overrides = new Dictionary<string, string> { [field] = value } };
        Assert.Contains(says, Assert.Throws<SaeException>(() => SaeLayouts.Read(_files.PathOf("a"), options)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Override_OfEachField_Counts()
    {
        _files.Npz("a/params.npz", _files.Gemma());
        var config = SaeLayouts.Read(_files.PathOf("a"), new SaeLoadOptions
        {
            Overrides = new Dictionary<string, string>
            {
                ["normalize_activations"] = "layer_norm",
                ["apply_b_dec_to_input"] = "true",
                ["hook_name"] = "blocks.2.hook_resid_pre",
                ["model_name"] = "m",
                ["dataset_path"] = "d",
                ["context_size"] = "12",
                ["prepend_bos"] = "false",
                ["neuronpedia_id"] = "n",
                ["reshape_activations"] = "hook_z",
                ["d_sae"] = "10",
                ["device"] = "cuda",
                ["future_field"] = "kept",
            },
        }).Config;
        Assert.Equal((SaeNormalization.LayerNorm, true, "blocks.2.hook_resid_pre", "m", true), (config.Normalization, config.ApplyBDecToInput, config.Hook.ToString(), config.ModelName, config.FlattensHeads));
        Assert.Equal(("d", 12, false, "n"), (config.Origin.Dataset, config.Origin.ContextSize, config.PrependBos, config.Origin.NeuronpediaId));
        Assert.Equal("kept", Assert.Single(config.Origin.OtherFields).Value);
    }

    [Theory, InlineData(0.0), InlineData(-1.0), InlineData(1e-60), InlineData(double.NaN)]
    public void Factor_ThatCannotScale_IsRefused(double factor)
    {
        _files.Npz("a/params.npz", _files.Gemma());
        var options = new SaeLoadOptions { NormScalingFactor = factor, Overrides = new Dictionary<string, string> { ["normalize_activations"] = "expected_average_only_in" } };
        Assert.Contains("positive", Assert.Throws<SaeException>(() => SaeLayouts.Read(_files.PathOf("a"), options)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void FactorOfFiles_WhereTheyGiveNone_IsRefused()
    {
        _files.Npz("a/params.npz", _files.Gemma());
        var options = new SaeLoadOptions { FoldsFactorOfFiles = true, Overrides = new Dictionary<string, string> { ["normalize_activations"] = "expected_average_only_in" } };
        Assert.Contains("give no factor", Assert.Throws<SaeException>(() => SaeLayouts.Read(_files.PathOf("a"), options)).Message, StringComparison.Ordinal);
    }

    private SaeFiles Load(string path) => SaeLayouts.Read(_files.PathOf(path), new SaeLoadOptions());
}
