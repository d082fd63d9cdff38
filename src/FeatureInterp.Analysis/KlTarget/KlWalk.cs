namespace FeatureInterp.Analysis;

/// <summary>
/// Where to look next for the size s = ln|value| at which the divergence crosses the target. Small changes move a divergence by their square, so ln KL over s is nearly a line of
/// slope 2: the walk follows it until the target lies between two values, then the line through these two.
/// </summary>
internal sealed class KlWalk(double target, double from, double to)
{
    private const double Narrowest = 1e-6;
    private static readonly double SmallestStep = Math.Log(1.2);
    private static readonly double LargestStep = Math.Log(30);

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
            // Halved when the line keeps to one side: a bent curve would hold one end for ever.
            var share = _sameSide < 2 && low.Kl > 0 ? Math.Log(target / low.Kl) / Math.Log(high.Kl / low.Kl) : 0.5;
            return low.Size + (high.Size - low.Size) * Math.Clamp(share, 0.05, 0.95);
        }

        if (_low is null && _high is null)
            return (from + to) / 2;
        var at = (_low ?? _high)!.Value;
        if (_low is null ? _last <= from : _last >= to)
            return null;
        var step = at.Kl > 0 ? Math.Clamp(Math.Abs(Math.Log(target / at.Kl)) / 2 * 1.1, SmallestStep, LargestStep) : LargestStep;
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

    private void Nearer(double size, double kl)
    {
        if (double.IsNaN(Best.Kl) || Math.Abs(kl - target) < Math.Abs(Best.Kl - target))
            Best = (size, kl);
    }
}
