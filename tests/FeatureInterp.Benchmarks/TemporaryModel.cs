using System.Buffers.Binary;
using System.Text;
using System.Text.Json;
using FeatureInterp.Tensors;

namespace FeatureInterp.Benchmarks;

/// <summary>A model of random weights in a temporary folder, in the layout of a published one, deleted at the end.</summary>
internal sealed class TemporaryModel : IDisposable
{
    private readonly List<(string Name, int[] Shape)> _arrays = [];
    private readonly string _config;

    private TemporaryModel(string config)
    {
        _config = config;
        Folder = Directory.CreateTempSubdirectory("featureinterp-benchmark-").FullName;
    }

    public string Folder { get; }

    public string WeightFile => Path.Combine(Folder, "model.safetensors");

    /// <summary>GPT-2: 12 layers, d_model 768, 12 heads, 50,257 tokens, 124 million parameters.</summary>
    public static TemporaryModel Gpt2Small(DType dtype)
    {
        const int Layers = 12, D = 768, Vocabulary = 50257, Context = 1024;
        var model = new TemporaryModel($$"""
            {"architectures": ["GPT2LMHeadModel"], "n_layer": {{Layers}}, "n_embd": {{D}}, "n_head": 12, "n_positions": {{Context}},
             "vocab_size": {{Vocabulary}}, "layer_norm_epsilon": 1e-5, "activation_function": "gelu_new"}
            """);
        model.Add("wte.weight", Vocabulary, D);
        model.Add("wpe.weight", Context, D);
        for (var l = 0; l < Layers; l++)
        {
            model.Add($"h.{l}.ln_1.weight", D);
            model.Add($"h.{l}.ln_1.bias", D);
            model.Add($"h.{l}.attn.c_attn.weight", D, 3 * D);
            model.Add($"h.{l}.attn.c_attn.bias", 3 * D);
            model.Add($"h.{l}.attn.c_proj.weight", D, D);
            model.Add($"h.{l}.attn.c_proj.bias", D);
            model.Add($"h.{l}.ln_2.weight", D);
            model.Add($"h.{l}.ln_2.bias", D);
            model.Add($"h.{l}.mlp.c_fc.weight", D, 4 * D);
            model.Add($"h.{l}.mlp.c_fc.bias", 4 * D);
            model.Add($"h.{l}.mlp.c_proj.weight", 4 * D, D);
            model.Add($"h.{l}.mlp.c_proj.bias", D);
        }

        model.Add("ln_f.weight", D);
        model.Add("ln_f.bias", D);
        return model.Write(dtype);
    }

    /// <summary>SmolLM2-135M: 30 layers, d_model 576, 9 heads sharing 3 of keys and values, 49,152 tokens.</summary>
    public static TemporaryModel SmolLm2(DType dtype) => Llama(dtype, layers: 30, d: 576, heads: 9, keyValueHeads: 3, headDim: 64, mlp: 1536, vocabulary: 49152, context: 8192);

    /// <summary>Llama's layout with these sizes, embeddings tied.</summary>
    public static TemporaryModel Llama(DType dtype, int layers, int d, int heads, int keyValueHeads, int headDim, int mlp, int vocabulary, int context, bool sparse = false)
    {
        var model = new TemporaryModel($$"""
            {"architectures": ["LlamaForCausalLM"], "num_hidden_layers": {{layers}}, "hidden_size": {{d}}, "num_attention_heads": {{heads}},
             "num_key_value_heads": {{keyValueHeads}}, "head_dim": {{headDim}}, "intermediate_size": {{mlp}}, "vocab_size": {{vocabulary}},
             "max_position_embeddings": {{context}}, "rms_norm_eps": 1e-5, "rope_theta": 100000, "hidden_act": "silu", "tie_word_embeddings": true}
            """);
        model.Add("model.embed_tokens.weight", vocabulary, d);
        for (var l = 0; l < layers; l++)
        {
            model.Add($"model.layers.{l}.input_layernorm.weight", d);
            model.Add($"model.layers.{l}.self_attn.q_proj.weight", heads * headDim, d);
            model.Add($"model.layers.{l}.self_attn.k_proj.weight", keyValueHeads * headDim, d);
            model.Add($"model.layers.{l}.self_attn.v_proj.weight", keyValueHeads * headDim, d);
            model.Add($"model.layers.{l}.self_attn.o_proj.weight", d, heads * headDim);
            model.Add($"model.layers.{l}.post_attention_layernorm.weight", d);
            model.Add($"model.layers.{l}.mlp.gate_proj.weight", mlp, d);
            model.Add($"model.layers.{l}.mlp.up_proj.weight", mlp, d);
            model.Add($"model.layers.{l}.mlp.down_proj.weight", d, mlp);
        }

        model.Add("model.norm.weight", d);
        return model.Write(dtype, sparse);
    }

    /// <summary>One block of Gemma-2-2B, of a vocabulary of 256.</summary>
    public static TemporaryModel Gemma2Layer(DType dtype)
    {
        const int D = 2304, Heads = 8, KeyValueHeads = 4, HeadDim = 256, Mlp = 9216, Vocabulary = 256;
        var model = new TemporaryModel($$"""
            {"architectures": ["Gemma2ForCausalLM"], "num_hidden_layers": 1, "hidden_size": {{D}}, "num_attention_heads": {{Heads}},
             "num_key_value_heads": {{KeyValueHeads}}, "head_dim": {{HeadDim}}, "intermediate_size": {{Mlp}}, "vocab_size": {{Vocabulary}},
             "max_position_embeddings": 8192, "rms_norm_eps": 1e-6, "rope_theta": 10000, "hidden_activation": "gelu_pytorch_tanh", "sliding_window": 4096,
             "query_pre_attn_scalar": 256, "attn_logit_softcapping": 50, "final_logit_softcapping": 30}
            """);
        model.Add("model.embed_tokens.weight", Vocabulary, D);
        foreach (var norm in new[] { "input_layernorm", "post_attention_layernorm", "pre_feedforward_layernorm", "post_feedforward_layernorm" })
            model.Add($"model.layers.0.{norm}.weight", D);
        model.Add("model.layers.0.self_attn.q_proj.weight", Heads * HeadDim, D);
        model.Add("model.layers.0.self_attn.k_proj.weight", KeyValueHeads * HeadDim, D);
        model.Add("model.layers.0.self_attn.v_proj.weight", KeyValueHeads * HeadDim, D);
        model.Add("model.layers.0.self_attn.o_proj.weight", D, Heads * HeadDim);
        model.Add("model.layers.0.mlp.gate_proj.weight", Mlp, D);
        model.Add("model.layers.0.mlp.up_proj.weight", Mlp, D);
        model.Add("model.layers.0.mlp.down_proj.weight", D, Mlp);
        model.Add("model.norm.weight", D);
        return model.Write(dtype);
    }

    public void Dispose() => Directory.Delete(Folder, recursive: true);

    private void Add(string name, params int[] shape) => _arrays.Add((name, shape));

    // A sparse file has the length but no blocks: reading it gives zeros.
    private TemporaryModel Write(DType dtype, bool sparse = false)
    {
        File.WriteAllText(Path.Combine(Folder, "config.json"), _config);
        using var file = new FileStream(WeightFile, FileMode.CreateNew, FileAccess.Write, FileShare.None, 1 << 20);
        var header = Header(dtype, out var end);
        Span<byte> length = stackalloc byte[8];
        BinaryPrimitives.WriteInt64LittleEndian(length, header.Length);
        file.Write(length);
        file.Write(header);
        if (sparse)
        {
            file.SetLength(8 + header.Length + end);
            return this;
        }

        var random = new Random(1);
        foreach (var (_, shape) in _arrays)
            Fill(file, dtype, shape, random);
        return this;
    }

    private byte[] Header(DType dtype, out long end)
    {
        var entries = new Dictionary<string, object>(StringComparer.Ordinal);
        end = 0;
        foreach (var (name, shape) in _arrays)
        {
            var start = end;
            end += shape.Aggregate((long)dtype.Size(), (product, size) => product * size);
            entries[name] = new { dtype = dtype == DType.BF16 ? "BF16" : "F32", shape, data_offsets = new[] { start, end } };
        }

        var json = JsonSerializer.Serialize(entries);
        return Encoding.UTF8.GetBytes(json + new string(' ', 63 - (json.Length + 7) % 64));
    }

    // Matrices uniform with a standard deviation that keeps sums near one, gains near one, biases small.
    private static void Fill(Stream file, DType dtype, int[] shape, Random random)
    {
        var count = shape.Aggregate(1, (product, size) => product * size);
        var (middle, spread) = shape.Length == 1 ? (1f, 0.1f) : (0f, 1.7f / MathF.Sqrt(Math.Min(shape[0], shape[1])));
        var bytes = new byte[count * dtype.Size()];
        for (var i = 0; i < count; i++)
        {
            var value = middle + spread * (2 * random.NextSingle() - 1);
            if (dtype == DType.BF16)
                BinaryPrimitives.WriteUInt16LittleEndian(bytes.AsSpan(2 * i), (ushort)(BitConverter.SingleToUInt32Bits(value) >> 16));
            else
                BinaryPrimitives.WriteSingleLittleEndian(bytes.AsSpan(4 * i), value);
        }

        file.Write(bytes);
    }
}
