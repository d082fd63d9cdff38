using System.Globalization;

namespace FeatureInterp.Display;

/// <summary>How numbers are spelled: invariant culture, four significant digits, no trailing zeros.</summary>
internal static class Numbers
{
    /// <summary>Beyond this a value is treated as infinite: sums and differences of two such values could overflow.</summary>
    public const double Largest = 1e300;

    public static bool CanDraw(double value) => Math.Abs(value) <= Largest;

    public static string Short(double value)
    {
        var size = Math.Abs(value);
        if (double.IsNaN(value))
            return "NaN";
        if (double.IsInfinity(value))
            return value > 0 ? "∞" : "-∞";
        if (size is 0)
            return "0";
        if (size is >= 1e7 or < 1e-4)
            return value.ToString("0.###e+0", CultureInfo.InvariantCulture);
        var decimals = Math.Max(0, 3 - (int)Math.Floor(Math.Log10(size)));
        return value.ToString(decimals is 0 ? "0" : "0." + new string('#', decimals), CultureInfo.InvariantCulture);
    }

    /// <summary>As <see cref="Short"/> with a plus sign before what is above zero.</summary>
    public static string Signed(double value) => value > 0 ? "+" + Short(value) : Short(value);

    /// <summary>
    /// Numbers that stand under one another: all with the decimals that four digits of the largest need. Where a small one
    /// would be lost that way, each is spelled by itself.
    /// </summary>
    public static IReadOnlyList<string> Column(IReadOnlyList<double> values, bool signed = false)
    {
        var drawable = values.Where(v => v is not 0 && CanDraw(v)).Select(v => Math.Abs(v)).DefaultIfEmpty(0).ToList();
        var (least, most) = (drawable.Min(), drawable.Max());
        var decimals = most is 0 ? 0 : Math.Clamp(3 - (int)Math.Floor(Math.Log10(most)), 0, 8);
        if (most >= 1e7 || least < Math.Pow(10, -decimals) || values.All(v => v == Math.Floor(v)))
            return [.. values.Select(v => signed ? Signed(v) : Short(v))];
        // No more than the numbers have: -1 and -3.5 become -1.0 and -3.5.
        decimals = Math.Min(decimals, values.Where(CanDraw).Max(v => Decimals(Short(v))));
        var format = "F" + Integer(decimals);
        return [.. values.Select(v => !CanDraw(v) ? Short(v) : (signed && v > 0 ? "+" : "") + v.ToString(format, CultureInfo.InvariantCulture))];
    }

    private static int Decimals(string number) => number.Contains('.', StringComparison.Ordinal) ? number.Length - number.IndexOf('.', StringComparison.Ordinal) - 1 : 0;

    public static string Count(long value) => value.ToString("N0", CultureInfo.InvariantCulture);

    /// <summary>"1 token", "3 tokens".</summary>
    public static string Count(long value, string noun) => Count(value) + " " + noun + (value is 1 ? "" : "s");

    public static string Integer(long value) => value.ToString(CultureInfo.InvariantCulture);

    /// <summary>A coordinate: a hundredth of a pixel is finer than any screen.</summary>
    public static string Pixel(double value)
    {
        var text = value.ToString("0.##", CultureInfo.InvariantCulture);
        return text is "-0" ? "0" : text;
    }

    /// <summary>"skipped 2 NaN, 1 infinite", or nothing when every value can be drawn.</summary>
    public static string Skipped(IEnumerable<double> values)
    {
        int nan = 0, infinite = 0;
        foreach (var value in values)
        {
            if (double.IsNaN(value))
                nan++;
            else if (!CanDraw(value))
                infinite++;
        }

        return (nan, infinite) switch
        {
            (0, 0) => "",
            (_, 0) => $"skipped {Count(nan)} NaN",
            (0, _) => $"skipped {Count(infinite)} infinite",
            _ => $"skipped {Count(nan)} NaN, {Count(infinite)} infinite",
        };
    }
}
