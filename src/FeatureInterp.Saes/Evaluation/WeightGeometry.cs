using FeatureInterp.Tensors;

namespace FeatureInterp.Saes;

/// <summary>The metrics of <see cref="SaeWeightMetrics"/>: encoder and decoder are read in blocks, never held whole.</summary>
internal static class WeightGeometry
{
    // Values of a block of decoder rows: 64 MB.
    private const int BlockValues = 1 << 24;

    public static SaeWeightMetrics? Of(SaeConfig config, SaeWeights weights)
    {
        if (weights.Encoder is not { } encoder)
            return null;
        var (norms, cosines) = (new double[config.DSae], new double[config.DSae]);
        var width = Math.Max(config.DIn, config.DOut);
        var block = Math.Clamp(BlockValues / width, 1, config.DSae);
        for (var first = 0; first < config.DSae; first += block)
            Block(encoder, weights.Decoder, first, Math.Min(block, config.DSae - first), norms, cosines);
        return new SaeWeightMetrics(norms, weights.EncoderBias is { } bias ? Array.ConvertAll(bias.Span.ToArray(), b => (double)b) : null, cosines);
    }

    private static void Block(SaeMatrix encoder, SaeMatrix decoder, int first, int count, double[] norms, double[] cosines)
    {
        var e = Rows(encoder, first, count);                            // [feature, d_in]
        var d = Rows(decoder, first, count);                            // [feature, d_out]
        for (var f = 0; f < count; f++)
        {
            double encoderSquared = 0, decoderSquared = 0, dot = 0;
            ReadOnlySpan<float> a = e.Row(f), b = d.Row(f);
            foreach (var value in a)
                encoderSquared += (double)value * value;
            foreach (var value in b)
                decoderSquared += (double)value * value;
            for (var i = 0; i < Math.Min(a.Length, b.Length); i++)
                dot += (double)a[i] * b[i];
            norms[first + f] = Math.Sqrt(encoderSquared);
            cosines[first + f] = a.Length == b.Length ? dot / Math.Sqrt(encoderSquared * decoderSquared) : double.NaN;
        }
    }

    // A block of features as rows; of a matrix that lies the other way round every row is read and the block's columns are kept.
    private static Tensor Rows(SaeMatrix matrix, int first, int count)
    {
        var rows = Tensor.Uninitialized(count, matrix.Width);
        if (matrix.FeaturesFirst)
        {
            for (var f = 0; f < count; f++)
                matrix.Copy(first + f, rows.Row(f));
            return rows;
        }

        var line = new float[matrix.Features];
        for (var i = 0; i < matrix.Width; i++)
        {
            matrix.Weight.CopyRow(i, line);
            for (var f = 0; f < count; f++)
                rows[f, i] = line[first + f] * matrix.Scale;
        }

        return rows;
    }
}
