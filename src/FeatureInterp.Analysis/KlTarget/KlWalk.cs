namespace FeatureInterp.Analysis;

/// <summary>
/// Where to look next for the size s = ln|value| at which the divergence crosses the target. Small changes move a divergence by their square, so ln KL over s is nearly a line, of
/// slope 2 at first: the walk follows the line through the two values nearest to the target, and once the target lies between two values stays between these, bending the line
/// through the three nearest (inverse quadratic interpolation).
/// </summary>
internal sealed class KlWalk(double target, double from, double to)
{
    private const double Narrowest = 1e-6;
    private const double FirstSlope = 2;
    private const double SmallestSlope = 0.3;
    private const double LargestSlope = 6;
    private static readonly double SmallestStep = Math.Log(1.02);
    private static readonly double LargestStep = Math.Log(30);

    private readonly List<(double Size, double Kl)> _measured = [];
    private (double Size, double Kl)? _low;                                  // below the target
    private (double Size, double Kl)? _high;                                 // at it or above
    private double _last = double.NaN;
    private int _sameSide;
    private bool _wasHigh;

    /// <summary>The value nearest to the target so far.</summary>
    public (double Size, double Kl) Best { get; private set; } = (from, double.NaN);

    /// <summary>Whether the target lies between two values.</summary>
    public bool HasBracket => _low is not null && _high is not null;

    /// <summary>Whether the nearest value is near enough.</summary>
    public bool IsNear(double tolerance) => Math.Abs(Best.Kl - target) <= tolerance * target;

    /// <summary>The next size to try; null when there is nowhere left to go.</summary>
    public double? Next()
    {
        if (_low is { } low && _high is { } high)
        {
            if (Math.Abs(high.Size - low.Size) < Narrowest)
                return null;
            // Halved when one side stays: a bent curve would hold it for ever.
            var between = _sameSide < 2 && low.Kl > 0 ? Interpolated(low, high) : (low.Size + high.Size) / 2;
            var margin = 0.02 * (high.Size - low.Size);
            return margin > 0 ? Math.Clamp(between, low.Size + margin, high.Size - margin) : Math.Clamp(between, high.Size - margin, low.Size + margin);
        }

        if (_low is null && _high is null)
            return (from + to) / 2;
        var at = (_low ?? _high)!.Value;
        if (_low is null ? _last <= from : _last >= to)
            return null;
        var step = at.Kl > 0 ? Math.Clamp(Math.Abs(Distance(at)) / Slope(), SmallestStep, LargestStep) : LargestStep;
        return _low is null ? Math.Max(from, at.Size - step) : Math.Min(to, at.Size + step);
    }

    /// <summary>Takes in what was measured.</summary>
    public void Add(double size, double kl)
    {
        _last = size;
        var isHigh = kl >= target;
        _sameSide = isHigh == _wasHigh ? _sameSide + 1 : 0;
        _wasHigh = isHigh;
        if (_sameSide > 2)
            _sameSide = 0;
        if (isHigh)
            _high = (size, kl);
        else
            _low = (size, kl);
        Nearer(size, kl);
    }

    /// <summary>Sizes over the whole range, so many to a factor of ten.</summary>
    public double[] Grid(int steps)
    {
        var count = Math.Max(2, 1 + (int)Math.Ceiling((to - from) / Math.Log(10) * steps));
        return [.. Enumerable.Range(0, count).Select(i => from + (to - from) * i / (count - 1))];
    }

    /// <summary>Takes in the whole range; the first crossing is the bracket.</summary>
    public void AddGrid(double[] sizes, double[] kl)
    {
        for (var i = 0; i < sizes.Length; i++)
            Nearer(sizes[i], kl[i]);
        var over = Array.FindIndex(kl, k => k >= target);
        if (over > 0)
            (_low, _high) = ((sizes[over - 1], kl[over - 1]), (sizes[over], kl[over]));
    }

    private double Distance((double Size, double Kl) at) => Math.Log(at.Kl / target);

    // Of the line through the two values nearest to the target.
    private double Slope()
    {
        if (Nearest(2) is not [var a, var b])
            return FirstSlope;
        var slope = (Distance(a) - Distance(b)) / (a.Size - b.Size);
        return double.IsNaN(slope) ? FirstSlope : Math.Clamp(slope, SmallestSlope, LargestSlope);
    }

    // s as a parabola of ln KL through three values where there are three different ones and it stays between the two around the target, else on the line through these.
    private double Interpolated((double Size, double Kl) low, (double Size, double Kl) high)
    {
        double y0 = Distance(low), y1 = Distance(high);
        var line = low.Size + (high.Size - low.Size) * (y0 / (y0 - y1));
        var third = Nearest(3).Where(m => !m.Equals(low) && !m.Equals(high)).ToArray();
        if (third is not [var other, ..])
            return line;
        var y2 = Distance(other);
        var bent = low.Size * (y1 * y2) / ((y0 - y1) * (y0 - y2)) + high.Size * (y0 * y2) / ((y1 - y0) * (y1 - y2)) + other.Size * (y0 * y1) / ((y2 - y0) * (y2 - y1));
        return bent > Math.Min(low.Size, high.Size) && bent < Math.Max(low.Size, high.Size) ? bent : line;
    }

    private (double Size, double Kl)[] Nearest(int count) => [.. _measured.Where(m => m.Kl > 0).OrderBy(m => Math.Abs(Distance(m))).Take(count)];

    private void Nearer(double size, double kl)
    {
        _measured.Add((size, kl));
        if (double.IsNaN(Best.Kl) || Math.Abs(kl - target) < Math.Abs(Best.Kl - target))
            Best = (size, kl);
    }
}
