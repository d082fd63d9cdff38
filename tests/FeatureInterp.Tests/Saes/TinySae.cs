using FeatureInterp.Saes;
using FeatureInterp.Tensors;

namespace FeatureInterp.Tests;

/// <summary>A random SAE in a folder of its own, in SAELens 6's layout, with its twin in double precision.</summary>
internal sealed class TinySae : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("tiny-sae-");
    private readonly Dictionary<string, double[]> _arrays = new(StringComparer.Ordinal);

    public TinySae(TinySaeShape? shape = null)
    {
        Shape = shape ?? new TinySaeShape();
        int d = Shape.DIn, f = Shape.DSae;
        var file = new RawSafetensors();
        var random = new Random(Shape.Seed);
        void Add(string name, double spread, double offset, params int[] sizes)
        {
            var values = new float[sizes.Aggregate(1, (a, b) => a * b)];
            for (var i = 0; i < values.Length; i++)
                values[i] = (float)(offset + spread * (2 * random.NextDouble() - 1));
            if (name == "W_dec" && Shape.Architecture == "matching_pursuit")
                Normalise(values, d);
            _arrays.Add(name, file.Add(name, Shape.DType, sizes, values));
        }

        if (Shape.HasEncoder)
            Add("W_enc", 0.4, 0, d, f);
        if (Shape.Architecture is not ("gated" or "temporal" or "matching_pursuit"))
            Add("b_enc", 0.3, 0, f);
        Add("W_dec", 0.4, 0, f, Shape.DOut);
        Add("b_dec", 0.5, 0, Shape.DOut);
        if (Shape.Architecture.StartsWith("jumprelu", StringComparison.Ordinal))
            Add("threshold", 0.4, 0.4, f);
        if (Shape.Architecture == "gated")
        {
            Add("b_gate", 0.3, 0, f);
            Add("b_mag", 0.3, 0, f);
            Add("r_mag", 0.5, 0, f);
        }

        if (Shape.Architecture.EndsWith("skip_transcoder", StringComparison.Ordinal))
            Add("W_skip", 0.3, 0, Shape.DOut, d);
        for (var l = 0; Shape.Architecture == "temporal" && l < Shape.Layers; l++)
        {
            foreach (var (name, width) in new[] { ("q_target", f / Shape.Bottleneck), ("k_ctx", f / Shape.Bottleneck), ("v_ctx", f), ("c_proj", f) })
            {
                Add($"attn_layers.{l}.{name}.weight", 0.6, 0, width, f);
                Add($"attn_layers.{l}.{name}.bias", 0.3, 0, width);
            }
        }

        file.Save(Path.Combine(Folder, "sae_weights.safetensors"));
        File.WriteAllText(Path.Combine(Folder, "cfg.json"), Shape.Config());
    }

    public TinySaeShape Shape { get; }

    public string Folder => _folder.FullName;

    /// <summary>An array by SAELens's name, row-major.</summary>
    public double[] this[string name] => _arrays[name];

    public bool Has(string name) => _arrays.ContainsKey(name);

    /// <summary>W_enc, [d_in, d_sae].</summary>
    public double[] Encoder => this["W_enc"];

    public double[] EncoderBias => this["b_enc"];

    /// <summary>W_dec, [d_sae, d_out].</summary>
    public double[] Decoder => this["W_dec"];

    public double[] DecoderBias => this["b_dec"];

    public double[]? Threshold => _arrays.GetValueOrDefault("threshold");

    public SparseAutoencoder Load() => SparseAutoencoder.Load(Folder);

    public SparseAutoencoder Load(SaeLoadOptions options) => SparseAutoencoder.Load(Folder, options);

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

    // Matching pursuit is trained with decoder rows of norm 1; others need not get nearer with each pick.
    private static void Normalise(float[] values, int width)
    {
        for (var row = 0; row < values.Length; row += width)
        {
            var norm = MathF.Sqrt(values.Skip(row).Take(width).Sum(v => v * v));
            for (var i = row; i < row + width; i++)
                values[i] /= norm;
        }
    }
}
