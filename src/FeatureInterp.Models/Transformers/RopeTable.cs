using FeatureInterp.Tensors;

namespace FeatureInterp.Models;

/// <summary>
/// Cosines and sines of rotary position embedding: at position <c>p</c>, pair <c>i</c> turns by <c>p / period[i]</c>. Angles are
/// fp32 quotients, as TransformerLens computes them: at long positions the rounding shows.
/// </summary>
internal sealed class RopeTable(float[] periods)
{
    private readonly int _half = periods.Length;
    private float[] _cos = [];
    private float[] _sin = [];

    /// <summary>period[i] = base^(2i / width) for each of the width / 2 pairs (Su et al. 2021), times the factor of linear scaling.</summary>
    /// <param name="width">The number of values of a head that turn, even.</param>
    /// <param name="rotaryBase">Such as 10,000.</param>
    /// <param name="factor">Positions are divided by this (Chen et al. 2023); 1 for none.</param>
    public static RopeTable Plain(int width, double rotaryBase, double factor = 1) => new(Periods(width, rotaryBase, i => factor));

    /// <summary>
    /// Llama 3.1's: wavelengths 2π·period over oldContext / lowFactor are stretched by the factor, those under oldContext / highFactor stay, between
    /// them the two frequencies are mixed linearly in oldContext / wavelength.
    /// </summary>
    /// <param name="width">The number of values of a head that turn, even.</param>
    /// <param name="rotaryBase">500,000 in the published models.</param>
    /// <param name="factor">How much longer contexts become.</param>
    /// <param name="lowFactor"><c>low_freq_factor</c>.</param>
    /// <param name="highFactor"><c>high_freq_factor</c>.</param>
    /// <param name="oldContext"><c>original_max_position_embeddings</c>.</param>
    public static RopeTable Llama3(int width, double rotaryBase, double factor, double lowFactor, double highFactor, int oldContext) =>
        new(Periods(width, rotaryBase, period =>
        {
            var turns = oldContext / (2 * Math.PI * period);
            var kept = Math.Clamp((turns - lowFactor) / (highFactor - lowFactor), 0, 1);
            return 1 / ((1 - kept) / factor + kept);
        }));

    /// <summary>Each period times a factor of its own.</summary>
    /// <param name="width">The number of values of a head that turn, even.</param>
    /// <param name="rotaryBase">Such as 500,000.</param>
    /// <param name="factors">One for each of the width / 2 pairs.</param>
    public static RopeTable Stretched(int width, double rotaryBase, IReadOnlyList<double> factors)
    {
        var periods = Periods(width, rotaryBase, _ => 1);
        for (var i = 0; i < periods.Length; i++)
            periods[i] = (float)(periods[i] * factors[i]);
        return new RopeTable(periods);
    }

    /// <summary>The rows of the table that belong to a step's tokens: cos and sin, [row, width / 2].</summary>
    /// <param name="run">The step.</param>
    /// <param name="name">The buffer's name, for models with two tables.</param>
    public (Tensor Cos, Tensor Sin) Gather(ForwardPass run, string name = "rope")
    {
        var batch = run.Batch;
        var cos = run.Buffer(name + " cos", batch.RowCount, _half);
        var sin = run.Buffer(name + " sin", batch.RowCount, _half);
        for (var p = 0; p < batch.Count; p++)
        {
            int start = batch.Start(p) * _half, length = batch.Length(p) * _half;
            var (allCos, allSin) = Cover(batch.Start(p) + batch.Length(p));
            allCos.AsSpan(start, length).CopyTo(cos.Span[(batch.FirstRow(p) * _half)..]);
            allSin.AsSpan(start, length).CopyTo(sin.Span[(batch.FirstRow(p) * _half)..]);
        }

        return (cos, sin);
    }

    private static float[] Periods(int width, double rotaryBase, Func<double, double> stretch)
    {
        var half = width / 2;
        var periods = new float[half];
        for (var i = 0; i < half; i++)
        {
            var period = (float)Math.Pow(rotaryBase, (float)i / half);
            periods[i] = (float)(period * stretch(period));
        }

        return periods;
    }

    // Grown by doubling; a concurrent run at worst computes the same table twice.
    private (float[] Cos, float[] Sin) Cover(int positions)
    {
        float[] cos = _cos, sin = _sin;
        if (cos.Length >= positions * _half && sin.Length >= positions * _half)
            return (cos, sin);
        positions = Math.Max(positions, Math.Max(64, 2 * cos.Length / Math.Max(1, _half)));
        cos = new float[positions * _half];
        sin = new float[positions * _half];
        for (var i = 0; i < _half; i++)
        {
            for (var position = 0; position < positions; position++)
                (sin[position * _half + i], cos[position * _half + i]) = SinCos(position / periods[i]);
        }

        (_cos, _sin) = (cos, sin);
        return (cos, sin);
    }

    private static (float Sin, float Cos) SinCos(float angle)
    {
        var (sin, cos) = Math.SinCos(angle);
        return ((float)sin, (float)cos);
    }
}
