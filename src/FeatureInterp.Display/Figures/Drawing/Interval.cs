namespace FeatureInterp.Display;

/// <summary>A closed range of numbers; <see cref="Empty"/> holds none.</summary>
internal readonly record struct Interval(double Min, double Max)
{
    public static readonly Interval Empty = new(double.PositiveInfinity, double.NegativeInfinity);

    public bool IsEmpty => Min > Max;

    public double Span => IsEmpty ? 0 : Max - Min;

    public Interval With(double value) => Numbers.CanDraw(value) ? new(Math.Min(Min, value), Math.Max(Max, value)) : this;

    public Interval Union(Interval other) => new(Math.Min(Min, other.Min), Math.Max(Max, other.Max));

    public static Interval Of(IEnumerable<double> values) => values.Aggregate(Empty, (range, value) => range.With(value));

    /// <summary>A range with some extent, for an axis: [0, 1] for nothing at all, and room around a single value.</summary>
    public Interval ForAxis()
    {
        if (IsEmpty)
            return new(0, 1);
        var size = Math.Max(Math.Abs(Min), Math.Abs(Max));
        if (size < 1e-280)
            return new(Min < 0 ? -1 : 0, Max > 0 || Min >= 0 ? 1 : 0);
        // Narrower than this, neighbouring ticks would be the same number.
        return Span > size * 1e-9 ? this : new(Min - size * 0.5, Max + size * 0.5);
    }

    /// <summary>Adds a share of the extent at each end that is not zero, where bars and stems must start.</summary>
    public Interval Padded(double share)
    {
        var pad = Span * share;
        return new(Min is 0 ? 0 : Min - pad, Max is 0 ? 0 : Max + pad);
    }
}
