using FeatureInterp.Saes;
using FeatureInterp.Tensors;

namespace FeatureInterp.Tests;

/// <summary>A random transcoder in a folder of its own, in SAELens 6's layout, with its twin in double precision.</summary>
internal sealed class TinyTranscoder : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("tiny-transcoder-");
    private readonly double[] _encoder, _encoderBias, _decoder, _decoderBias;
    private readonly double[]? _skip;
    private readonly int _in, _out, _features;

    public TinyTranscoder(string input, string output, int dIn = 20, int dOut = 20, int dSae = 53, bool skip = false, int seed = 1)
    {
        (_in, _out, _features) = (dIn, dOut, dSae);
        var file = new RawSafetensors();
        var random = new Random(seed);
        double[] Values(string name, double spread, params int[] sizes) =>
            file.Add(name, DType.F32, sizes, [.. Enumerable.Range(0, sizes.Aggregate(1, (a, b) => a * b)).Select(_ => (float)(spread * (2 * random.NextDouble() - 1)))]);
        _encoder = Values("W_enc", 0.4, dIn, dSae);
        _encoderBias = Values("b_enc", 0.3, dSae);
        _decoder = Values("W_dec", 0.4, dSae, dOut);
        _decoderBias = Values("b_dec", 0.5, dOut);
        _skip = skip ? Values("W_skip", 0.4, dOut, dIn) : null;
        file.Save(Path.Combine(Folder, "sae_weights.safetensors"));
        File.WriteAllText(Path.Combine(Folder, "cfg.json"), $$"""
            {
              "architecture": "{{(skip ? "skip_transcoder" : "transcoder")}}", "d_in": {{dIn}}, "d_out": {{dOut}}, "d_sae": {{dSae}}, "dtype": "float32",
              "apply_b_dec_to_input": false, "normalize_activations": "none", "reshape_activations": "none",
              "metadata": {"hook_name": "{{input}}", "hook_name_out": "{{output}}", "hook_head_index": null, "prepend_bos": true, "sae_lens_version": "6.0.0"}
            }
            """);
    }

    public string Folder => _folder.FullName;

    public SparseAutoencoder Load() => SparseAutoencoder.Load(Folder);

    /// <summary>ReLU(x·W_enc + b_enc)·W_dec + b_dec, and x·W_skipᵀ with a skip path, of rows [row, d_in].</summary>
    /// <param name="x">[row, d_in]</param>
    /// <param name="change">May write into a row's features.</param>
    /// <returns>[row, d_out]</returns>
    public Tensor Map(Tensor x, Action<double[]>? change = null)
    {
        var rows = x.Length / _in;
        var y = Tensor.Zeros(rows, _out);
        for (var row = 0; row < rows; row++)
        {
            var input = x.Span.Slice(row * _in, _in).ToArray();
            var acts = new double[_features];
            for (var f = 0; f < _features; f++)
                acts[f] = Math.Max(0, _encoderBias[f] + Enumerable.Range(0, _in).Sum(d => input[d] * _encoder[d * _features + f]));
            change?.Invoke(acts);
            for (var d = 0; d < _out; d++)
            {
                y[row, d] = (float)(_decoderBias[d] + Enumerable.Range(0, _features).Sum(f => acts[f] * _decoder[f * _out + d])
                    + (_skip is null ? 0 : Enumerable.Range(0, _in).Sum(i => input[i] * _skip[d * _in + i])));
            }
        }

        return y;
    }

    public void Dispose() => _folder.Delete(recursive: true);
}
