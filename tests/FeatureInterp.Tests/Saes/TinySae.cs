using FeatureInterp.Saes;
using FeatureInterp.Tensors;

namespace FeatureInterp.Tests;

/// <summary>What a made-up SAE is like.</summary>
internal sealed record TinySaeShape
{
    public string Architecture { get; init; } = "jumprelu";

    public int DIn { get; init; } = 20;

    public int DSae { get; init; } = 53;

    public string Hook { get; init; } = "blocks.1.hook_resid_post";

    public string Normalize { get; init; } = "none";

    public string Reshape { get; init; } = "none";

    public bool ApplyBDec { get; init; } = true;

    public bool PrependBos { get; init; } = true;

    public string? ModelName { get; init; }

    public DType DType { get; init; } = DType.F32;

    public int Seed { get; init; } = 1;
}

/// <summary>A random SAE in a folder of its own, in SAELens 6's layout, with its twin in double precision.</summary>
internal sealed class TinySae : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("tiny-sae-");

    public TinySae(TinySaeShape? shape = null)
    {
        Shape = shape ?? new TinySaeShape();
        int d = Shape.DIn, f = Shape.DSae;
        var file = new RawSafetensors();
        var random = new Random(Shape.Seed);
        double[] Values(string name, double spread, double offset, params int[] sizes)
        {
            var values = new float[sizes.Aggregate(1, (a, b) => a * b)];
            for (var i = 0; i < values.Length; i++)
                values[i] = (float)(offset + spread * (2 * random.NextDouble() - 1));
            return file.Add(name, Shape.DType, sizes, values);
        }

        Encoder = Values("W_enc", 0.4, 0, d, f);
        EncoderBias = Values("b_enc", 0.3, 0, f);
        Decoder = Values("W_dec", 0.4, 0, f, d);
        DecoderBias = Values("b_dec", 0.5, 0, d);
        if (Shape.Architecture == "jumprelu")
            Threshold = Values("threshold", 0.4, 0.4, f);
        file.Save(Path.Combine(Folder, "sae_weights.safetensors"));
        File.WriteAllText(Path.Combine(Folder, "cfg.json"), Config(Shape));
    }

    public TinySaeShape Shape { get; }

    public string Folder => _folder.FullName;

    /// <summary>W_enc, [d_in, d_sae].</summary>
    public double[] Encoder { get; }

    public double[] EncoderBias { get; }

    /// <summary>W_dec, [d_sae, d_in].</summary>
    public double[] Decoder { get; }

    public double[] DecoderBias { get; }

    public double[]? Threshold { get; }

    public SparseAutoencoder Load() => SparseAutoencoder.Load(Folder);

    /// <summary>Random inputs [tokens, d_in].</summary>
    public Tensor Inputs(int tokens, int seed)
    {
        var random = new Random(seed);
        var x = Tensor.Zeros(tokens, Shape.DIn);
        foreach (ref var v in x.Span)
            v = (float)(4 * random.NextDouble() - 1.5);
        return x;
    }

    public void Dispose() => _folder.Delete(recursive: true);

    public static string Config(TinySaeShape s) => $$"""
        {
          "architecture": "{{s.Architecture}}", "d_in": {{s.DIn}}, "d_sae": {{s.DSae}}, "dtype": "float32", "device": "cpu",
          "apply_b_dec_to_input": {{(s.ApplyBDec ? "true" : "false")}}, "normalize_activations": "{{s.Normalize}}", "reshape_activations": "{{s.Reshape}}",
          "metadata": {
            "hook_name": "{{s.Hook}}", "hook_head_index": null, "prepend_bos": {{(s.PrependBos ? "true" : "false")}},
            {{(s.ModelName is null ? "" : $"\"model_name\": \"{s.ModelName}\",")}} "context_size": 128, "sae_lens_version": "6.0.0"
          }
        }
        """;
}
