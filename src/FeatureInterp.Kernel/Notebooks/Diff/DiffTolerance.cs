namespace FeatureInterp.Kernel.Notebooks;

/// <summary>
/// How far two numbers of a notebook's outputs may lie apart. A number printed with a point or an exponent may differ by
/// <c>max(Relative · max(|a|, |b|), LastDigits · last place) + Absolute</c>, where the last place is the coarser of the two as
/// printed (0.01 for 2.71): a value that lies on the edge of rounding may come out on either side of it. A number printed without
/// either is a count, an index or a token, and must be equal.
/// </summary>
public sealed record DiffTolerance
{
    /// <summary>The part of the magnitude. The default, 1e-3, is far above single-precision rounding, which adds up in another
    /// order where vectors are wider (1e-6 to 1e-5 of a logit), and below a changed third digit.</summary>
    public double Relative { get; init; } = 1e-3;

    /// <summary>How many units of the last printed place; 1 by default.</summary>
    public double LastDigits { get; init; } = 1;

    /// <summary>Added to all of it; 0 by default.</summary>
    public double Absolute { get; init; }

    /// <summary>How far a coordinate or a length of a drawing may move, in pixels; half a pixel by default.</summary>
    public double Pixels { get; init; } = 0.5;

    /// <summary>How far each of a colour's channels may move, of 255; 2 by default.</summary>
    public double Channel { get; init; } = 2;

    /// <summary>The distance allowed between two numbers.</summary>
    internal double Allowed(TextPiece a, TextPiece b) => a.Kind switch
    {
        PieceKind.Length => Pixels,
        PieceKind.Channel => Channel,
        _ when a.IsWhole && b.IsWhole => 0,
        _ => Math.Max(Relative * Math.Max(Math.Abs(a.Value), Math.Abs(b.Value)), LastDigits * Math.Max(a.LastPlace, b.LastPlace)) + Absolute,
    };
}
