using FeatureInterp.Tensors;

namespace FeatureInterp.Saes;

/// <summary>f·W_dec, reading only the features that fired.</summary>
internal static class SparseDecoder
{
    private const int TokensAtOnce = 8;
    private const int FeaturesAtOnce = 64;
    private const int ValuesAtOnce = 256;

    /// <summary>result += f·W_dec; each token's features are added in ascending order, however they lie in the file.</summary>
    /// <param name="features">The features.</param>
    /// <param name="decoder">W_dec.</param>
    /// <param name="result">[token, d_out]</param>
    public static void Add(SparseFeatures features, SaeMatrix decoder, Tensor result)
    {
        if (decoder.FeaturesFirst)
            AddRows(features, decoder, result);
        else
            AddColumns(features, decoder, result);
    }

    private static void AddRows(SparseFeatures features, SaeMatrix decoder, Tensor result) =>
        Workers.Run((features.Tokens + TokensAtOnce - 1) / TokensAtOnce, chunk =>
        {
            for (var t = chunk * TokensAtOnce; t < Math.Min(features.Tokens, (chunk + 1) * TokensAtOnce); t++)
            {
                foreach (var fired in features.Span(t))
                    decoder.Add(fired.Feature, fired.Value, result.Row(t));
            }
        });

    // A feature's values lie far apart: they are gathered once for all tokens on which it fired, those of neighbouring features together.
    private static void AddColumns(SparseFeatures features, SaeMatrix decoder, Tensor result)
    {
        var byFeature = features.ToArray();
        Array.Sort(byFeature, static (a, b) => a.Feature != b.Feature ? a.Feature.CompareTo(b.Feature) : a.Token.CompareTo(b.Token));
        var directions = new float[FeaturesAtOnce * decoder.Width];
        var columns = new int[FeaturesAtOnce];
        for (var first = 0; first < byFeature.Length;)
        {
            int count = 0, end = first;
            for (; end < byFeature.Length; end++)
            {
                var feature = byFeature[end].Feature;
                if (count > 0 && columns[count - 1] == feature)
                    continue;
                if (count == FeaturesAtOnce)
                    break;
                columns[count++] = feature;
            }

            Kernels.CopyColumns(decoder.Weight, columns.AsSpan(0, count), directions.AsSpan(0, count * decoder.Width));
            AddCopied(byFeature.AsMemory(first, end - first), directions, decoder, result);
            first = end;
        }
    }

    private static void AddCopied(ReadOnlyMemory<FiredFeature> fired, float[] directions, SaeMatrix decoder, Tensor result)
    {
        var width = decoder.Width;
        Workers.Run((width + ValuesAtOnce - 1) / ValuesAtOnce, chunk =>
        {
            int start = chunk * ValuesAtOnce, length = Math.Min(ValuesAtOnce, width - start);
            int row = -1, last = -1;
            foreach (var f in fired.Span)
            {
                if (f.Feature != last)
                    (row, last) = (row + 1, f.Feature);
                var to = result.Row(f.Token).Slice(start, length);
                TensorPrimitives.MultiplyAdd(directions.AsSpan(row * width + start, length), f.Value * decoder.ScaleOf(f.Feature), to, to);
            }
        });
    }
}
