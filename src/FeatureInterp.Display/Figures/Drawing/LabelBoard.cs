namespace FeatureInterp.Display;

/// <summary>The labels already placed on one pair of axes, so that none covers another.</summary>
internal sealed class LabelBoard
{
    private const double LineHeight = 12;
    private readonly List<(double Left, double Right, double Y)> _taken = [];

    /// <summary>Takes the place around (x, y) when it is free.</summary>
    public bool TryTake(double x, double y, double width)
    {
        var (left, right) = (x - width / 2, x + width / 2);
        if (_taken.Exists(t => t.Left < right && t.Right > left && Math.Abs(t.Y - y) < LineHeight))
            return false;
        _taken.Add((left, right, y));
        return true;
    }
}
