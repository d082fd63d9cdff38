using System.Globalization;

namespace FeatureInterp.Display;

/// <summary>Maps data to pixels: <c>From + (v − Range.Min) / Range.Span · (To − From)</c>.</summary>
internal sealed record Scale(Interval Range, double From, double To)
{
    public double Map(double value) => From + (value - Range.Min) / Range.Span * (To - From);

    public double MapClamped(double value) => Map(Math.Clamp(value, Range.Min, Range.Max));

    /// <summary>About <paramref name="wanted"/> round numbers (1, 2 or 5 times a power of ten apart) within the range.</summary>
    public static IReadOnlyList<(double Value, string Label)> Ticks(Interval range, int wanted)
    {
        var raw = range.Span / Math.Max(1, wanted);
        var power = Math.Pow(10, Math.Floor(Math.Log10(raw)));
        var step = (raw / power) switch { <= 1.4 => 1, <= 3.2 => 2, <= 7.1 => 5, _ => 10 } * power;
        var first = Math.Ceiling(range.Min / step - 1e-9);
        var last = Math.Floor(range.Max / step + 1e-9);
        var size = Math.Max(Math.Abs(range.Min), Math.Abs(range.Max));
        var decimals = Math.Max(0, -(int)Math.Floor(Math.Log10(step) + 1e-9));
        var format = size is >= 1e7 or < 1e-4 ? "0.###e+0" : "F" + decimals.ToString(CultureInfo.InvariantCulture);
        var ticks = new List<(double, string)>();
        for (var i = 0; i <= Math.Min(last - first, 50); i++)
        {
            var value = (first + i) * step;
            var label = value is 0 ? "0" : value.ToString(format, CultureInfo.InvariantCulture);
            ticks.Add((value, label));
        }

        return ticks;
    }
}
