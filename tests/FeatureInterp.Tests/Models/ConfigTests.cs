using System.Text;
using FeatureInterp.Models;
using FeatureInterp.Tensors;
using FsCheck;
using FsCheck.Fluent;

namespace FeatureInterp.Tests;

/// <summary>Model folders that cannot be used: one typed exception each, naming the file.</summary>
public sealed class ConfigTests : IDisposable
{
    private readonly TinyModel _tiny = new();

    public void Dispose() => _tiny.Dispose();

    private string ConfigPath => Path.Combine(_tiny.Folder, "config.json");

    [Theory]
    [InlineData("num_hidden_layers")]
    [InlineData("hidden_size")]
    [InlineData("num_attention_heads")]
    [InlineData("num_key_value_heads")]
    [InlineData("head_dim")]
    [InlineData("intermediate_size")]
    [InlineData("vocab_size")]
    [InlineData("max_position_embeddings")]
    [InlineData("sliding_window")]
    [InlineData("query_pre_attn_scalar")]
    [InlineData("rms_norm_eps")]
    public void Load_FieldMissing_IsNamed(string field)
    {
        Change($"\"{field}\":", $"\"{field}_\":");
        Refused($"'{field}' is missing (the nearest field is '{field}_')");
    }

    [Theory]
    [InlineData("num_hidden_layers", "0")]
    [InlineData("num_hidden_layers", "-3")]
    [InlineData("num_hidden_layers", "2.5")]
    [InlineData("num_hidden_layers", "\"3\"")]
    [InlineData("num_hidden_layers", "[3]")]
    [InlineData("hidden_size", "0")]
    [InlineData("hidden_size", "1e99")]
    [InlineData("num_attention_heads", "99999999999999999999")]
    [InlineData("num_key_value_heads", "0")]
    [InlineData("head_dim", "1")]
    [InlineData("vocab_size", "1000000000000")]
    [InlineData("max_position_embeddings", "0")]
    [InlineData("sliding_window", "0")]
    [InlineData("query_pre_attn_scalar", "0")]
    [InlineData("query_pre_attn_scalar", "-256")]
    [InlineData("attn_logit_softcapping", "0")]
    [InlineData("attn_logit_softcapping", "-50")]
    [InlineData("final_logit_softcapping", "\"30\"")]
    [InlineData("final_logit_softcapping", "1e400")]
    [InlineData("rms_norm_eps", "-1e-6")]
    [InlineData("rms_norm_eps", "true")]
    [InlineData("rope_theta", "0")]
    [InlineData("tie_word_embeddings", "\"yes\"")]
    [InlineData("architectures", "[1]")]
    [InlineData("hidden_activation", "7")]
    public void Load_AbsurdValue_IsNamed(string field, string value)
    {
        Set(field, value);
        Refused($"'{field}'");
    }

    [Theory]
    [InlineData("num_key_value_heads", "3", "4 heads cannot share 3 key/value heads evenly")]
    [InlineData("num_key_value_heads", "8", "4 heads cannot share 8 key/value heads evenly")]
    [InlineData("head_dim", "7", "'head_dim' is 7")]
    [InlineData("hidden_activation", "\"silu\"", "'silu'")]
    [InlineData("architectures", "[\"BloomForCausalLM\"]", "'BloomForCausalLM'; the ones that can be run are: GPT2LMHeadModel, GPTNeoXForCausalLM, LlamaForCausalLM")]
    [InlineData("attention_bias", "true", "'attention_bias'")]
    [InlineData("layer_types", "[\"sliding_attention\"]", "'layer_types'")]
    [InlineData("layer_types", "[\"sliding_attention\", \"full_attention\", \"linear_attention\"]", "'layer_types'")]
    [InlineData("rope_parameters", "{\"rope_type\": \"yarn\"}", "'yarn'")]
    public void Load_ValueThatCannotBeComputed_IsNamed(string field, string value, string named)
    {
        Set(field, value);
        Refused(named);
    }

    [Theory]
    [InlineData("")]
    [InlineData("{")]
    [InlineData("[]")]
    [InlineData("null")]
    [InlineData("{\"hidden_size\": NaN}")]
    [InlineData("{\"hidden_size\": 20} {}")]
    [InlineData("\u0000\u0001\u0002")]
    public void Load_NotAJsonObject_IsRefused(string text)
    {
        File.WriteAllText(ConfigPath, text);
        Refused("JSON");
    }

    [Fact]
    public void Load_NestedTooDeep_IsRefused()
    {
        File.WriteAllText(ConfigPath, new string('[', 100_000));
        Refused("JSON");
    }

    [Fact]
    public void Load_HugeConfig_IsRefusedUnread()
    {
        using (var file = File.OpenWrite(ConfigPath))
            file.SetLength(1L << 40);
        Refused("larger than 1048576 bytes");
    }

    [Fact]
    public void Load_HugeValue_IsNotRepeatedInTheMessage()
    {
        Set("head_dim", "[" + string.Join(",", Enumerable.Repeat("1", 10_000)) + "]");
        Assert.InRange(Refused("'head_dim' is [1,1,").Length, 10, 400);
    }

    [Fact]
    public void Load_TextThatIsNotUnicode_IsRefused()
    {
        var bytes = Encoding.Latin1.GetBytes(File.ReadAllText(ConfigPath).Replace("gelu_pytorch_tanh", "gelu_\u00ff\u00fe", StringComparison.Ordinal));
        File.WriteAllBytes(ConfigPath, bytes);
        Refused("not Unicode");
        Set("architectures", "[\"\\ud800\"]");
        Refused("not Unicode");
        Set("\\udc00", "1");
        Refused("not Unicode");
    }

    [Fact]
    public void Load_FieldTwice_TakesOne() // as every JSON reader does; here the last
    {
        Change("\"num_hidden_layers\": 3", "\"num_hidden_layers\": 2, \"num_hidden_layers\": 3");
        Assert.Equal(3, _tiny.Load().Config.Layers);
    }

    [Fact]
    public void Load_RopeBaseInNewerPlace_IsRead()
    {
        var wanted = _tiny.Load().Run(_tiny.Prompt(6, 1)).Logits[0];
        Change("\"rope_theta\": 10000", "\"rope_parameters\": {\"rope_theta\": 10000.0, \"rope_type\": \"default\"}");
        TwinAssert.Same("logits", wanted, _tiny.Load().Run(_tiny.Prompt(6, 1)).Logits[0]);
        Change("\"rope_theta\": 10000.0", "\"rope_theta\": 500.0");
        Assert.NotEqual(wanted.Memory.ToArray(), _tiny.Load().Run(_tiny.Prompt(6, 1)).Logits[0].Memory.ToArray());
    }

    [Theory]
    [InlineData("num_hidden_layers", "4", "'model.layers.3.input_layernorm.weight'")]
    [InlineData("hidden_size", "24", "'model.embed_tokens.weight' is [61, 20], but config.json asks for [61, 24]")]
    [InlineData("vocab_size", "62", "'model.embed_tokens.weight' is [61, 20], but config.json asks for [62, 20]")]
    [InlineData("head_dim", "8", "q_proj.weight' is [24, 20], but config.json asks for [32, 20]")]
    [InlineData("num_key_value_heads", "4", "k_proj.weight' is [12, 20], but config.json asks for [24, 20]")]
    [InlineData("intermediate_size", "29", "gate_proj.weight' is [28, 20], but config.json asks for [29, 20]")]
    [InlineData("tie_word_embeddings", "false", "'lm_head.weight'")]
    public void Load_WeightsThatDoNotFit_AreNamed(string field, string value, string named)
    {
        Set(field, value);
        var e = Assert.Throws<WeightFileException>(() => _tiny.Load());
        Assert.Equal(Path.Combine(_tiny.Folder, "model.safetensors"), e.Path);
        Assert.Contains(named, e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Load_WeightsOfIntegers_AreRefused()
    {
        var path = Path.Combine(_tiny.Folder, "model.safetensors");
        File.WriteAllText(path, File.ReadAllText(path, Encoding.Latin1).Replace("\"dtype\":\"F32\"", "\"dtype\":\"I32\"", StringComparison.Ordinal), Encoding.Latin1);
        Assert.Contains("stored as I32", Assert.Throws<WeightFileException>(() => _tiny.Load()).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Load_NoWeights_IsRefused()
    {
        File.Delete(Path.Combine(_tiny.Folder, "model.safetensors"));
        Assert.Contains("has no weights", Assert.Throws<WeightFileException>(() => _tiny.Load()).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Load_FolderThatIsNotThere_SaysWhatThereIs()
    {
        var missing = Path.Combine(_tiny.Folder, "nowhere");
        Assert.Equal(missing, Assert.Throws<ModelFileException>(() => Transformer.Load(missing)).Path);
        Assert.Contains("talegrid-6m", Assert.Throws<ModelFileException>(() => Transformer.Load("talegrid-7m")).Message, StringComparison.Ordinal);
        Assert.Throws<ModelFileException>(() => Transformer.Load(""));
    }

    [Fact]
    public void Load_FileInsteadOfFolder_SaysSo()
    {
        var e = Assert.Throws<ModelFileException>(() => Transformer.Load(Path.Combine(_tiny.Folder, "model.safetensors")));
        Assert.Contains("give the folder", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Load_EmptyFolder_SaysWhatIsMissing()
    {
        File.Delete(ConfigPath);
        Refused("not there");
    }

    [Fact]
    public void Load_WeightsInSeveralFiles_GiveTheSameNumbers()
    {
        var wanted = _tiny.Load().Run(_tiny.Prompt(6, 1)).Logits[0];
        var whole = Path.Combine(_tiny.Folder, "model.safetensors");
        var names = SafetensorsFile.Open(whole).Weights.Keys.Order(StringComparer.Ordinal).ToArray();
        for (var shard = 0; shard < 2; shard++)
        {
            var writer = new SafetensorsWriter();
            foreach (var name in names.Where((_, i) => i % 2 == shard))
                writer.Add(name, SafetensorsFile.Open(whole)[name].ToTensor());
            writer.Save(Path.Combine(_tiny.Folder, $"model-{shard}.safetensors"));
        }

        File.Delete(whole);
        var map = string.Join(",", names.Select((n, i) => $"\"{n}\":\"model-{i % 2}.safetensors\""));
        File.WriteAllText(Path.Combine(_tiny.Folder, "model.safetensors.index.json"), $"{{\"weight_map\":{{{map}}}}}");
        TwinAssert.Same("logits", wanted, _tiny.Load().Run(_tiny.Prompt(6, 1)).Logits[0]);
    }

    [Fact]
    public void Load_SeveralThingsThatDoNotFit_AreAllNamed()
    {
        Set("num_hidden_layers", "2");
        var left = Assert.Throws<WeightFileException>(() => _tiny.Load()).Message;
        Assert.Contains("11 arrays that the configuration does not ask for", left, StringComparison.Ordinal);
        Assert.Contains("'model.layers.2.self_attn.q_proj.weight' [24, 20]", left, StringComparison.Ordinal);
        Set("intermediate_size", "29");
        var wrong = Assert.Throws<WeightFileException>(() => _tiny.Load()).Message;
        foreach (var name in new[] { "0.mlp.gate_proj", "1.mlp.up_proj", "2.mlp.down_proj" })
            Assert.Contains(name, wrong, StringComparison.Ordinal);
    }

    [Fact]
    public void Load_NameOfAnEmbeddedModel_FindsIt() => Assert.Equal("talegrid-6m", Transformer.Load("talegrid-6m").Name);

    // Whatever a byte is changed to, the model loads or one of the two exceptions says why.
    [Fact]
    public void Load_RandomlySpoiltConfig_NeverFailsOtherwise()
    {
        var bytes = File.ReadAllBytes(ConfigPath);
        Prop.ForAll(Gen.Choose(0, bytes.Length - 1).ToArbitrary(), Gen.Choose(0, 255).ToArbitrary(), Gen.Choose(0, 2).ToArbitrary(), (at, value, kind) =>
        {
            byte[] spoilt = kind switch
            {
                0 => [.. bytes[..at], (byte)value, .. bytes[(at + 1)..]],
                1 => [.. bytes[..at], (byte)value, .. bytes[at..]],
                _ => [.. bytes[..at], .. bytes[(at + 1)..]],
            };
            File.WriteAllBytes(ConfigPath, spoilt);
            try
            {
                _tiny.Load();
            }
            catch (Exception e) when (e is ModelFileException or WeightFileException)
            {
                Assert.Contains(_tiny.Folder, e.Message, StringComparison.Ordinal);
            }
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(400).WithReplay(3, 5));
    }

    private string Refused(string named)
    {
        var e = Assert.Throws<ModelFileException>(() => _tiny.Load());
        Assert.Equal(ConfigPath, e.Path);
        Assert.Contains(ConfigPath, e.Message, StringComparison.Ordinal);
        Assert.Contains(named, e.Message, StringComparison.Ordinal);
        return e.Message[ConfigPath.Length..];
    }

    // The last of two fields of one name counts.
    private void Set(string field, string value) => File.WriteAllText(ConfigPath, TinyModel.Config(_tiny.Shape).TrimEnd()[..^1] + $", \"{field}\": {value}}}");

    private void Change(string old, string replacement)
    {
        var text = File.ReadAllText(ConfigPath);
        Assert.Contains(old, text, StringComparison.Ordinal);
        File.WriteAllText(ConfigPath, text.Replace(old, replacement, StringComparison.Ordinal));
    }
}
