namespace FeatureInterp.Kernel.Notebooks;

/// <summary>What a piece of an output's text is.</summary>
internal enum PieceKind
{
    /// <summary>Text that must be equal.</summary>
    Literal,

    /// <summary>A number.</summary>
    Number,

    /// <summary>A coordinate or length of a drawing, in pixels.</summary>
    Length,

    /// <summary>One channel of a colour, 0–255.</summary>
    Channel,

    /// <summary>A duration, a rate or a time of day: another one each time.</summary>
    Time,

    /// <summary>An amount of memory.</summary>
    Size,
}

/// <summary>A stretch of text: a number, or what stands between numbers.</summary>
/// <param name="Kind">What it is.</param>
/// <param name="Text">As it stands in the output; of a literal, with runs of blanks and of rules made short.</param>
/// <param name="Value">The number, or 0.</param>
/// <param name="LastPlace">What one unit of the number's last printed place is worth: 0.01 for 2.71, 1 for 12.</param>
/// <param name="IsWhole">Whether the number is printed without a point or an exponent.</param>
internal readonly record struct TextPiece(PieceKind Kind, string Text, double Value = 0, double LastPlace = 0, bool IsWhole = false)
{
    /// <summary>Whether the piece has a value to compare.</summary>
    public bool IsNumeric => Kind is PieceKind.Number or PieceKind.Length or PieceKind.Channel;

    /// <summary>How far the pieces lie apart; null when they are not to be measured. Numbers too large for a double count as infinitely far unless written the same.</summary>
    public static double? Distance(TextPiece a, TextPiece b)
    {
        if (!a.IsNumeric || a.Kind != b.Kind)
            return null;
        var distance = string.Equals(a.Text, b.Text, StringComparison.Ordinal) ? 0 : Math.Abs(a.Value - b.Value);
        return double.IsNaN(distance) ? double.PositiveInfinity : distance;
    }

    /// <summary>Whether the pieces are the same but for what the tolerance allows.</summary>
    public static bool Same(TextPiece a, TextPiece b, DiffTolerance tolerance) =>
        // One part in 10⁹ more, because 1.25 − 1.24 is not 0.01 in binary.
        Distance(a, b) is { } distance ? double.IsFinite(distance) && distance <= tolerance.Allowed(a, b) * (1 + 1e-9)
            : a.Kind == b.Kind && (a.Kind is not PieceKind.Literal || string.Equals(a.Text, b.Text, StringComparison.Ordinal));
}
