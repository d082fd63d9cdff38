using System.Globalization;
using System.Text;
using FeatureInterp.Models;
using FeatureInterp.Tensors;

namespace FeatureInterp.Tests;

/// <summary>The shape of a made-up Gemma-2, small and with sizes that are no multiples of a vector's width.</summary>
internal sealed record TinyShape
{
    public int Layers { get; init; } = 3;

    public int DModel { get; init; } = 20;

    public int Heads { get; init; } = 4;

    public int KeyValueHeads { get; init; } = 2;

    public int HeadDim { get; init; } = 6;

    public int DMlp { get; init; } = 28;

    public int Vocab { get; init; } = 61;

    public int Context { get; init; } = 40;

    public int Window { get; init; } = 4;

    public double QueryScalar { get; init; } = 9;

    public double? AttentionCap { get; init; } = 5;

    public double? LogitCap { get; init; } = 8;

    public double RopeBase { get; init; } = 10_000;

    public double Eps { get; init; } = 1e-6;

    public bool Tied { get; init; } = true;

    /// <summary>Whether each layer is local, as <c>layer_types</c> says; null leaves the field out of config.json.</summary>
    public bool[]? LayerTypes { get; init; }

    public DType DType { get; init; } = DType.F32;

    public int Seed { get; init; } = 1;

    public override string ToString() => string.Create(CultureInfo.InvariantCulture,
        $"{Layers} layers, d_model {DModel}, heads {Heads}/{KeyValueHeads} of {HeadDim}, mlp {DMlp}, vocab {Vocab}, window {Window}, caps {AttentionCap}/{LogitCap}, tied {Tied}, types {LayerTypes is not null}, {DType}");
}

/// <summary>A random Gemma-2 in a folder of its own, and the very values its weight file holds, widened to double.</summary>
internal sealed class TinyModel : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("tiny-gemma2-");
    private readonly Dictionary<string, double[]> _weights = new(StringComparer.Ordinal);

    public TinyModel(TinyShape? shape = null)
    {
        Shape = shape ?? new TinyShape();
        var file = new RawSafetensors();
        var random = new Random(Shape.Seed);
        foreach (var (name, sizes, spread) in Layout())
        {
            var values = new float[sizes.Aggregate(1, (a, b) => a * b)];
            for (var i = 0; i < values.Length; i++)
                values[i] = (float)(Normal(random) * spread);
            _weights[name] = file.Add(name, Shape.DType, sizes, values);
        }

        file.Save(Path.Combine(Folder, "model.safetensors"));
        File.WriteAllText(Path.Combine(Folder, "config.json"), Config(Shape));
    }

    public TinyShape Shape { get; }

    public string Folder => _folder.FullName;

    public double[] this[string weight] => _weights[weight];

    public Transformer Load(LayerOrder order = LayerOrder.LocalFirst) => Transformer.Load(Folder, new LoadOptions { LayerOrder = order });

    /// <summary>Random token ids.</summary>
    public int[] Prompt(int length, int seed)
    {
        var random = new Random(seed);
        return [.. Enumerable.Range(0, length).Select(_ => random.Next(Shape.Vocab))];
    }

    public void Dispose() => _folder.Delete(recursive: true);

    public static string Config(TinyShape s)
    {
        var fields = new List<string>
        {
            "\"architectures\": [\"Gemma2ForCausalLM\"]",
            $"\"num_hidden_layers\": {s.Layers}", $"\"hidden_size\": {s.DModel}", $"\"num_attention_heads\": {s.Heads}",
            $"\"num_key_value_heads\": {s.KeyValueHeads}", $"\"head_dim\": {s.HeadDim}", $"\"intermediate_size\": {s.DMlp}",
            $"\"vocab_size\": {s.Vocab}", $"\"max_position_embeddings\": {s.Context}", $"\"sliding_window\": {s.Window}",
            $"\"query_pre_attn_scalar\": {s.QueryScalar}", $"\"attn_logit_softcapping\": {Number(s.AttentionCap)}",
            $"\"final_logit_softcapping\": {Number(s.LogitCap)}", $"\"rms_norm_eps\": {s.Eps}", $"\"rope_theta\": {s.RopeBase}",
            $"\"tie_word_embeddings\": {(s.Tied ? "true" : "false")}", "\"hidden_activation\": \"gelu_pytorch_tanh\"",
        };
        if (s.LayerTypes is { } types)
            fields.Add($"\"layer_types\": [{string.Join(", ", types.Select(local => local ? "\"sliding_attention\"" : "\"full_attention\""))}]");
        return new StringBuilder("{\n").AppendJoin(",\n", fields).Append("\n}\n").ToString();
    }

    private static string Number(double? value) => value?.ToString(CultureInfo.InvariantCulture) ?? "null";

    private IEnumerable<(string Name, int[] Sizes, double Spread)> Layout()
    {
        int d = Shape.DModel, q = Shape.Heads * Shape.HeadDim, kv = Shape.KeyValueHeads * Shape.HeadDim;
        yield return ("model.embed_tokens.weight", [Shape.Vocab, d], 0.3);
        for (var l = 0; l < Shape.Layers; l++)
        {
            var block = $"model.layers.{l}.";
            foreach (var norm in new[] { "input_layernorm", "post_attention_layernorm", "pre_feedforward_layernorm", "post_feedforward_layernorm" })
                yield return (block + norm + ".weight", [d], 0.3);
            yield return (block + "self_attn.q_proj.weight", [q, d], 1.5 / Math.Sqrt(d));
            yield return (block + "self_attn.k_proj.weight", [kv, d], 1.5 / Math.Sqrt(d));
            yield return (block + "self_attn.v_proj.weight", [kv, d], 1 / Math.Sqrt(d));
            yield return (block + "self_attn.o_proj.weight", [d, q], 1 / Math.Sqrt(q));
            yield return (block + "mlp.gate_proj.weight", [Shape.DMlp, d], 1 / Math.Sqrt(d));
            yield return (block + "mlp.up_proj.weight", [Shape.DMlp, d], 1 / Math.Sqrt(d));
            yield return (block + "mlp.down_proj.weight", [d, Shape.DMlp], 1 / Math.Sqrt(Shape.DMlp));
        }

        yield return ("model.norm.weight", [d], 0.3);
        if (!Shape.Tied)
            yield return ("lm_head.weight", [Shape.Vocab, d], 0.4);
    }

    // Box and Muller's transform of two uniform numbers.
    private static double Normal(Random random) =>
        Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble());
}
