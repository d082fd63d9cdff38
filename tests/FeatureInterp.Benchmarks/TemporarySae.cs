using System.Buffers.Binary;
using System.Text;
using FeatureInterp.Models;
using FeatureInterp.Saes;
using FeatureInterp.Tensors;

namespace FeatureInterp.Benchmarks;

/// <summary>An SAE of random weights in a temporary folder, in SAELens's layout, deleted at the end.</summary>
internal sealed class TemporarySae : IDisposable
{
    /// <summary>Weights are uniform within this, so that with inputs within 1 a pre-activation has <see cref="Deviation"/>.</summary>
    private const float Spread = 0.05f;

    private readonly string _folder = Directory.CreateTempSubdirectory("featureinterp-benchmark-").FullName;

    /// <param name="dtype">F32 or BF16.</param>
    /// <param name="d">The width of what it encodes.</param>
    /// <param name="features">How many features.</param>
    /// <param name="threshold">JumpReLU's threshold, the same for all.</param>
    /// <param name="topK">How many a TopK SAE keeps; null for JumpReLU.</param>
    public TemporarySae(DType dtype, int d, int features, float threshold, int? topK = null)
    {
        var kind = topK is null ? "\"architecture\": \"jumprelu\"" : $"\"architecture\": \"topk\", \"k\": {topK}";
        File.WriteAllText(Path.Combine(_folder, "cfg.json"), $$"""
            {
             {{kind}}, "d_in": {{d}}, "d_sae": {{features}}, "apply_b_dec_to_input": true,
             "metadata": {"hook_name": "blocks.0.hook_resid_post", "sae_lens_version": "6.0.0"}
            }
            """);
        using var file = new FileStream(Path.Combine(_folder, "sae_weights.safetensors"), FileMode.CreateNew, FileAccess.Write, FileShare.None, 1 << 20);
        List<(string Name, int[] Shape, float Middle, float Spread)> arrays =
            [("W_enc", [d, features], 0, Spread), ("W_dec", [features, d], 0, Spread), ("b_enc", [features], 0, 0.01f), ("b_dec", [d], 0, 0.01f)];
        if (topK is null)
            arrays.Add(("threshold", [features], threshold, 0));
        file.Write(Header(dtype, arrays));
        var random = new Random(1);
        foreach (var (_, shape, middle, spread) in arrays)
            Fill(file, dtype, shape.Aggregate(1, (a, b) => a * b), middle, spread, random);
    }

    /// <summary>The standard deviation of a pre-activation when inputs are uniform within 1.</summary>
    public static float Deviation(int d) => MathF.Sqrt(d / 3f) * Spread / MathF.Sqrt(3);

    public SparseAutoencoder Load(HookPoint? hook = null) => SparseAutoencoder.Load(_folder, new SaeLoadOptions { Hook = hook });

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private static byte[] Header(DType dtype, List<(string Name, int[] Shape, float Middle, float Spread)> arrays)
    {
        long end = 0;
        var entries = arrays.Select(a =>
        {
            var start = end;
            end += a.Shape.Aggregate((long)dtype.Size(), (product, size) => product * size);
            return $"\"{a.Name}\":{{\"dtype\":\"{dtype}\",\"shape\":[{string.Join(",", a.Shape)}],\"data_offsets\":[{start},{end}]}}";
        }).ToArray();
        var json = "{" + string.Join(",", entries) + "}";
        json += new string(' ', 63 - (json.Length + 7) % 64);
        var header = new byte[8 + json.Length];
        BinaryPrimitives.WriteInt64LittleEndian(header, json.Length);
        Encoding.UTF8.GetBytes(json, header.AsSpan(8));
        return header;
    }

    private static void Fill(Stream file, DType dtype, int count, float middle, float spread, Random random)
    {
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
