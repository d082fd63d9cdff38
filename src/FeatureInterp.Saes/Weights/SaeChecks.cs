using FeatureInterp.Tensors;

namespace FeatureInterp.Saes;

/// <summary>Whether an SAE's arrays, whatever layout they came from, can be what its configuration says.</summary>
internal static class SaeChecks
{
    private const long LookedThrough = 1 << 22;
    private const int RowsLookedAt = 64;

    /// <summary>Every array is there and has its shape.</summary>
    /// <exception cref="WeightFileException">One is missing or has another shape.</exception>
    /// <exception cref="SaeException">The configuration contradicts itself.</exception>
    public static void CheckShapes(SaeFiles files)
    {
        var (config, w, path) = (files.Config, files.Weights, files.Files[0]);
        if (config.TopK is { } topK)
            CheckK(topK.K, config, path);
        if (config.Temporal?.TopK is { } k)
            CheckK(k, config, path);
        if (config.ApplyBDecToInput && config.DIn != config.DOut)
            throw new SaeException($"{path}: b_dec, which is as wide as the output ({config.DOut}), is to be taken from an input of {config.DIn} ('apply_b_dec_to_input'); a transcoder takes none.");
        Matrix("W_dec", w.Decoder, config.DOut);
        if (w.Encoder is { } encoder)
            Matrix("W_enc", encoder, config.DIn);
        else if (config.Pursuit is null && config.Temporal is not { Tied: true })
            throw Missing("W_enc");
        Vector("b_dec", w.DecoderBias, config.DOut);
        Vector("b_enc", w.EncoderBias, config.DSae);
        Vector("threshold", w.Threshold, config.DSae);
        Vector("b_gate", w.Gate?.GateBias, config.DSae);
        Vector("b_mag", w.Gate?.MagnitudeBias, config.DSae);
        Vector("r_mag", w.Gate?.LogScale, config.DSae);
        if (config.Architecture == SaeArchitecture.JumpReLU && w.Threshold is null)
            throw Missing("threshold");
        if (config.Architecture == SaeArchitecture.Gated && w.Gate is null)
            throw Missing("b_gate");
        if (w.Skip is { } skip && !skip.Shape.SequenceEqual([config.DOut, config.DIn]))
            throw new WeightFileException(path, $"'W_skip' is [{string.Join(", ", skip.Shape.ToArray())}], where [{config.DOut}, {config.DIn}] was expected.");

        void Matrix(string name, SaeMatrix m, int width)
        {
            if (m.Width != width || m.Features != config.DSae)
                throw new WeightFileException(path, $"'{name}' lies between {m.Width} values and {m.Features} features, where {width} and {config.DSae} were expected.");
        }

        void Vector(string name, Tensor? v, int length)
        {
            if (v is not null && v.Length != length)
                throw new WeightFileException(path, $"'{name}' has {v.Length} values, where {length} were expected.");
        }

        WeightFileException Missing(string name) =>
            new(path, $"there is no '{name}', which an SAE of architecture {config.Architecture} has; does its configuration belong to it?");
    }

    /// <summary>No number that was looked at is NaN or infinite.</summary>
    /// <returns>What is odd, though it can be computed: decoder rows that are zero.</returns>
    /// <exception cref="WeightFileException">One is.</exception>
    public static IReadOnlyList<string> CheckValues(SaeFiles files)
    {
        var (w, path) = (files.Weights, files.Files[0]);
        Vector("b_dec", w.DecoderBias);
        Vector("b_enc", w.EncoderBias);
        Vector("threshold", w.Threshold);
        Vector("b_gate", w.Gate?.GateBias);
        Vector("b_mag", w.Gate?.MagnitudeBias);
        Vector("r_mag", w.Gate?.LogScale);
        if (w.Encoder is { } encoder)
            Matrix("W_enc", encoder.Weight);
        Matrix("W_dec", w.Decoder.Weight);
        if (w.Skip is { } skip)
            Matrix("W_skip", skip);
        foreach (var layer in w.Attention)
        {
            foreach (var m in new[] { layer.Query, layer.Key, layer.Value, layer.Output })
            {
                Matrix(m.Weight.Name, m.Weight);
                Vector(m.Weight.Name + "'s bias", m.Bias);
            }
        }

        return ZeroFeatures(w.Decoder);

        void Vector(string name, Tensor? v)
        {
            if (v is not null)
                Look(name, v.Span);
        }

        void Matrix(string name, Weight m)
        {
            var row = new float[m.RowLength];
            foreach (var r in LookedAt(m.RowCount, m.Count))
            {
                m.CopyRow(r, row);
                Look(name, row);
            }
        }

        void Look(string name, ReadOnlySpan<float> values)
        {
            foreach (var value in values)
            {
                if (!float.IsFinite(value))
                    throw new WeightFileException(path, $"'{name}' holds {(float.IsNaN(value) ? "NaN" : "an infinity")}, with which nothing can be computed; fetch the file again, or ask who trained it.");
            }
        }
    }

    private static IReadOnlyList<string> ZeroFeatures(SaeMatrix decoder)
    {
        var looked = LookedAt(decoder.Features, decoder.Weight.Count);
        var values = new float[decoder.Width];
        var zero = 0;
        var first = -1;
        foreach (var f in looked)
        {
            decoder.Copy(f, values);
            if (!values.AsSpan().ContainsAnyExcept(0f))
                (zero, first) = (zero + 1, first < 0 ? f : first);
        }

        return zero == 0 ? [] : [$"{zero} of {(looked.Length == decoder.Features ? $"its {looked.Length}" : $"the {looked.Length} looked at")} decoder rows are zero, that of feature {first} for one: such features can fire but write nothing."];
    }

    private static void CheckK(int k, SaeConfig config, string path)
    {
        if (k < 1 || k > config.DSae)
            throw new SaeException($"{path}: k is {k}, but of {config.DSae} features at least 1 and at most {config.DSae} can fire.");
    }

    // All rows of a small matrix, of a large one some that are spread over it.
    private static int[] LookedAt(int rows, long count) => count <= LookedThrough || rows <= RowsLookedAt
        ? [.. Enumerable.Range(0, rows)]
        : [.. Enumerable.Range(0, RowsLookedAt).Select(i => (int)((long)i * (rows - 1) / (RowsLookedAt - 1)))];
}
