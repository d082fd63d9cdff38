using System.Text.Json.Serialization;
using FeatureInterp.Tensors;

namespace FeatureInterp.Saes;

/// <summary>The running sums behind <see cref="SaeMetrics"/>, all in double; what a state file keeps.</summary>
internal sealed class MetricSums
{
    /// <summary>For a state file; otherwise <see cref="Of"/>.</summary>
    [JsonConstructor]
    public MetricSums()
    {
    }

    public long Rows { get; set; }

    public long Tokens { get; set; }

    public long Counted { get; set; }

    public long Batches { get; set; }

    /// <summary>Positions whose next token's loss counts.</summary>
    public long Predicted { get; set; }

    public double CeClean { get; set; }

    public double CeSae { get; set; }

    public double CeZero { get; set; }

    public double KlSae { get; set; }

    public double KlZero { get; set; }

    public double SquaredError { get; set; }

    public double SquaredNorm { get; set; }

    public double Legacy { get; set; }

    public double Cosine { get; set; }

    public double NormIn { get; set; }

    public double NormOut { get; set; }

    public double NormRatio { get; set; }

    public double Bias { get; set; }

    public double L0 { get; set; }

    public double L1 { get; set; }

    /// <summary>Σ x, [d_out].</summary>
    public double[] Sum { get; set; } = [];

    /// <summary>On how many tokens each feature fires, [d_sae].</summary>
    public long[] Fired { get; set; } = [];

    /// <summary>In how many rows each feature fires, [d_sae].</summary>
    public long[] FiredRows { get; set; } = [];

    /// <summary>Sums of nothing yet.</summary>
    public static MetricSums Of(SaeConfig config) => new() { Sum = new double[config.DOut], Fired = new long[config.DSae], FiredRows = new long[config.DSae] };

    /// <summary>1 − E‖x − x̂‖² / (E‖x‖² − ‖E x‖²); of activations that do not vary 1 or 0, as in SAELens.</summary>
    [JsonIgnore]
    public double ExplainedVariance
    {
        get
        {
            double mean = 0;
            foreach (var sum in Sum)
                mean += sum / Counted * (sum / Counted);
            var (variance, error) = (SquaredNorm / Counted - mean, SquaredError / Counted);
            return variance >= 1e-10 ? 1 - error / variance : error < 1e-10 ? 1 : 0;
        }
    }

    /// <summary>Adds the activations of one batch and what the SAE made of them.</summary>
    /// <param name="x">The activations that count, [token, d_out].</param>
    /// <param name="reconstruction">[token, d_out]</param>
    public void AddReconstructions(Tensor x, Tensor reconstruction)
    {
        var (tokens, width) = (x.Shape[0], Sum.Length);
        if (tokens == 0)
            return;
        Batches++;
        var mean = new double[width];
        for (var t = 0; t < tokens; t++)
        {
            var row = x.Row(t);
            for (var i = 0; i < width; i++)
                mean[i] += row[i];
        }

        for (var i = 0; i < width; i++)
        {
            Sum[i] += mean[i];
            mean[i] /= tokens;
        }

        double batchOut = 0, batchDot = 0;
        for (var t = 0; t < tokens; t++)
        {
            var (dot, squaredOut) = AddToken(x.Row(t), reconstruction.Row(t), mean);
            batchDot += dot;
            batchOut += squaredOut;
        }

        Bias += batchOut / batchDot;
        Counted += tokens;
    }

    /// <summary>Adds the features of one row.</summary>
    /// <param name="features">What fired.</param>
    /// <param name="counts">Whether each token counts.</param>
    public void AddFeatures(SparseFeatures features, ReadOnlySpan<bool> counts)
    {
        var seen = new HashSet<int>();
        foreach (var f in features)
        {
            if (!counts[f.Token])
                continue;
            L0++;
            L1 += Math.Abs((double)f.Value);
            Fired[f.Feature]++;
            if (seen.Add(f.Feature))
                FiredRows[f.Feature]++;
        }
    }

    private (double Dot, double SquaredOut) AddToken(ReadOnlySpan<float> x, ReadOnlySpan<float> reconstruction, double[] mean)
    {
        double squaredIn = 0, squaredOut = 0, dot = 0, error = 0, spread = 0;
        for (var i = 0; i < x.Length; i++)
        {
            double a = x[i], b = reconstruction[i];
            squaredIn += a * a;
            squaredOut += b * b;
            dot += a * b;
            error += (a - b) * (a - b);
            spread += (a - mean[i]) * (a - mean[i]);
        }

        var (normIn, normOut) = (Math.Sqrt(squaredIn), Math.Sqrt(squaredOut));
        SquaredNorm += squaredIn;
        SquaredError += error;
        Legacy += 1 - error / spread;
        Cosine += normIn > 0 && normOut > 0 ? dot / (normIn * normOut) : 0;
        NormIn += normIn;
        NormOut += normOut;
        NormRatio += normOut / (normIn < 1e-4 ? 1 : normIn);
        return (dot, squaredOut);
    }
}
