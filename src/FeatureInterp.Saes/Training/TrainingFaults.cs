using System.Globalization;

namespace FeatureInterp.Saes;

/// <summary>Refuses options that make no sense, each with a sentence. Written so that NaN is refused too.</summary>
internal static class TrainingFaults
{
    public static void Between(double value, double from, double to, string name, string? limit = null)
    {
        if (!(value >= from && value <= to))
            throw new SaeException($"{name} is {Text(value)}; it must lie from {Text(from)} to {Text(to)}{(limit is null ? "" : ", " + limit)}.");
    }

    public static void NotNegative(double value, string name)
    {
        if (!(value >= 0 && double.IsFinite(value)))
            throw new SaeException($"{name} is {Text(value)}; it must be a number from 0 up.");
    }

    public static void Positive(double value, string name)
    {
        if (!(value > 0 && double.IsFinite(value)))
            throw new SaeException($"{name} is {Text(value)}; it must be a number above 0.");
    }

    /// <summary>Training that has gone where numbers end.</summary>
    public static SaeException RanAway(string what) =>
        new($"{what}: training has run away. Lower the learning rate, lengthen its warm-up, or normalise the activations.");

    private static string Text(double value) => value.ToString("G6", CultureInfo.InvariantCulture);
}
