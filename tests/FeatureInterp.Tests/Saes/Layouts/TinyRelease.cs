using FeatureInterp.Tensors;

namespace FeatureInterp.Tests;

/// <summary>
/// A random SAE of 6 inputs and 10 features, written into a folder in the layouts people publish, and what it computes, in double precision, one number at a
/// time: f = act((x − b_dec)·W_enc + b_enc), x̂ = f·W_dec + b_dec.
/// </summary>
internal sealed class TinyRelease : IDisposable
{
    public const int D = 6, F = 10;

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("tiny-release-");

    public TinyRelease(int seed = 1)
    {
        var random = new Random(seed);
        float[] Values(int count, double spread, double offset = 0) => [.. Enumerable.Range(0, count).Select(_ => (float)(offset + (spread * ((2 * random.NextDouble()) - 1))))];
        (Encoder, EncoderBias, Decoder, DecoderBias) = (Values(D * F, 0.6), Values(F, 0.3), Values(F * D, 0.6), Values(D, 0.4));
        (Threshold, GateBias, LogScale, Skip, More) = (Values(F, 0.15, 0.2), Values(F, 0.3), Values(F, 0.3), Values(D * D, 0.3), Values(F * D, 0.6));
        X = Values(4 * D, 1.5);
    }

    public string Root => _folder.FullName;

    /// <summary>W_enc, [d, f].</summary>
    public float[] Encoder { get; }

    public float[] EncoderBias { get; }

    /// <summary>W_dec, [f, d].</summary>
    public float[] Decoder { get; }

    public float[] DecoderBias { get; }

    public float[] Threshold { get; }

    public float[] GateBias { get; }

    public float[] LogScale { get; }

    /// <summary>[d_in, d_out].</summary>
    public float[] Skip { get; }

    /// <summary>A second decoder, [f, d].</summary>
    public float[] More { get; }

    /// <summary>Inputs, [4, d].</summary>
    public float[] X { get; }

    public string PathOf(string path) => Path.Combine(Root, path);

    /// <summary>[rows, columns] as [columns, rows].</summary>
    public static float[] Turned(float[] values, int rows, int columns)
    {
        var turned = new float[values.Length];
        for (var r = 0; r < rows; r++)
        {
            for (var c = 0; c < columns; c++)
                turned[(c * rows) + r] = values[(r * columns) + c];
        }

        return turned;
    }

    public void Text(string path, string text)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(PathOf(path))!);
        File.WriteAllText(PathOf(path), text);
    }

    public void Npz(string path, params (string Name, int[] Shape, float[] Values)[] arrays) => Bytes(path, RawZip.Of([.. arrays.Select(a =>
        new RawZip.Member(a.Name + ".npy", RawNpz.Npy("<f4", "(" + string.Join(", ", a.Shape) + (a.Shape.Length == 1 ? ",)" : ")"), RawNpz.Bytes(a.Values))))]).Bytes());

    public void Safetensors(string path, params (string Name, int[] Shape, float[] Values)[] arrays) => Safetensors(path, DType.F32, arrays);

    public void Safetensors(string path, DType dtype, params (string Name, int[] Shape, float[] Values)[] arrays)
    {
        var file = new RawSafetensors();
        foreach (var (name, shape, values) in arrays)
            file.Add(name, dtype, shape, values);
        Directory.CreateDirectory(Path.GetDirectoryName(PathOf(path))!);
        file.Save(PathOf(path));
    }

    public void Torch(string path, params (string Name, int[] Shape, float[] Values)[] arrays)
    {
        var pickle = new RawPickle().Dict([.. arrays.Select((a, i) => (a.Name, (Action<RawPickle>)(p => p.Tensor(
            "FloatStorage", $"{i}", a.Values.Length, 0, [.. a.Shape.Select(s => (long)s)], Strides(a.Shape)))))]);
        Bytes(path, RawTorch.Bytes(pickle, [.. arrays.Select((a, i) => ($"{i}", RawNpz.Bytes(a.Values)))]));
    }

    /// <summary>The two linear layers, [out, in].</summary>
    public (string Name, int[] Shape, float[] Values)[] Linear(string encoder, string decoder) =>
    [
        (encoder + ".weight", [F, D], Turned(Encoder, D, F)), (encoder + ".bias", [F], EncoderBias),
        (decoder + ".weight", [D, F], Turned(Decoder, F, D)), (decoder + ".bias", [D], DecoderBias),
    ];

    /// <summary>Gemma Scope's arrays.</summary>
    public (string Name, int[] Shape, float[] Values)[] Gemma() =>
        [("w_enc", [D, F], Encoder), ("w_dec", [F, D], Decoder), ("b_enc", [F], EncoderBias), ("b_dec", [D], DecoderBias), ("threshold", [F], Threshold)];

    public void Dispose() => _folder.Delete(recursive: true);

    private void Bytes(string path, byte[] bytes)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(PathOf(path))!);
        File.WriteAllBytes(PathOf(path), bytes);
    }

    private static long[] Strides(int[] shape)
    {
        var strides = new long[shape.Length];
        for (var i = shape.Length - 1; i >= 0; i--)
            strides[i] = i == shape.Length - 1 ? 1 : strides[i + 1] * shape[i + 1];
        return strides;
    }
}

/// <summary>What a <see cref="TinyRelease"/> computes in one of its layouts.</summary>
internal sealed record TinyReleaseTwin(TinyRelease Files)
{
    /// <summary>Whether b_dec is taken from the input.</summary>
    public bool Centred { get; init; }

    public double[]? Threshold { get; init; }

    public int? K { get; init; }

    public bool IsGated { get; init; }

    public bool HasBiases { get; init; } = true;

    public double EncoderScale { get; init; } = 1;

    public double DecoderScale { get; init; } = 1;

    public double DecoderBiasScale { get; init; } = 1;

    /// <summary>Whether the second decoder is added to the first.</summary>
    public bool SumsDecoders { get; init; }

    public (double[] Acts, double[] Decoded) Run()
    {
        const int D = TinyRelease.D, F = TinyRelease.F;
        List<double> acts = [], decoded = [];
        for (var t = 0; t < Files.X.Length / D; t++)
        {
            var (plain, f) = (new double[F], new double[F]);
            for (var i = 0; i < F; i++)
            {
                for (var d = 0; d < D; d++)
                    plain[i] += (Files.X[(t * D) + d] - (Centred ? Bias(d) : 0)) * Files.Encoder[(d * F) + i] * EncoderScale;
            }

            for (var i = 0; i < F; i++)
            {
                var pre = IsGated ? (plain[i] * Math.Exp(Files.LogScale[i])) + Files.EncoderBias[i] : plain[i] + (HasBiases ? Files.EncoderBias[i] : 0);
                var isOpen = IsGated ? plain[i] + Files.GateBias[i] > 0 : Threshold is null || pre > Threshold[i];
                f[i] = isOpen ? Math.Max(0, pre) : 0;
            }

            if (K is { } k)
            {
                var kept = f.OrderByDescending(v => v).ElementAt(k - 1);
                f = [.. f.Select(v => v >= kept ? v : 0)];
            }

            acts.AddRange(f);
            for (var d = 0; d < D; d++)
                decoded.Add(Bias(d) + Enumerable.Range(0, F).Sum(i => f[i] * (Files.Decoder[(i * D) + d] + (SumsDecoders ? Files.More[(i * D) + d] : 0)) * DecoderScale));
        }

        return ([.. acts], [.. decoded]);
    }

    private double Bias(int d) => HasBiases ? Files.DecoderBias[d] * DecoderBiasScale : 0;
}
