namespace FeatureInterp.Saes;

/// <summary>Where in a text an <see cref="Intervention"/> acts. Positions count from 0, the beginning-of-sequence token included.</summary>
public sealed record InterventionPositions
{
    private readonly int[]? _chosen;

    private InterventionPositions(int[]? chosen) => _chosen = chosen;

    /// <summary>At every position.</summary>
    public static InterventionPositions All { get; } = new((int[]?)null);

    /// <summary>At the prompt's last token, and while generating at each new token as it is run: always where the next token is decided.</summary>
    public static InterventionPositions Last { get; } = new([]);

    /// <summary>At these positions of the text, new tokens included once they are reached.</summary>
    /// <param name="positions">At least one, none negative.</param>
    /// <exception cref="SaeException">No position, or a negative one.</exception>
    public static InterventionPositions At(params IReadOnlyList<int> positions)
    {
        if (positions.Count == 0)
            throw new SaeException("An intervention at chosen positions needs at least one; or use InterventionPositions.All.");
        foreach (var position in positions.Where(p => p < 0))
            throw new SaeException($"An intervention is asked for at position {position}; positions count from 0.");
        return new([.. positions.Distinct().Order()]);
    }

    /// <summary>Whether it acts at a position of a text whose prompt has so many tokens.</summary>
    /// <param name="position">The position, from 0.</param>
    /// <param name="promptLength">The number of tokens of the prompt.</param>
    public bool Covers(int position, int promptLength) => _chosen switch
    {
        null => true,
        [] => position >= promptLength - 1,
        _ => Array.BinarySearch(_chosen, position) >= 0,
    };

    /// <summary>The first position of a prompt where it acts; <c>^0</c> for none that is known.</summary>
    internal Index First => _chosen switch
    {
        null => 0,
        [] => ^1,
        [var first, ..] => first,
    };

    /// <summary>The same positions.</summary>
    /// <param name="other">The others.</param>
    public bool Equals(InterventionPositions? other) =>
        other is not null && (_chosen is null ? other._chosen is null : other._chosen is not null && _chosen.AsSpan().SequenceEqual(other._chosen));

    /// <inheritdoc/>
    public override int GetHashCode() => _chosen is null ? -1 : _chosen.Aggregate(0, HashCode.Combine);

    /// <inheritdoc/>
    public override string ToString() => _chosen switch
    {
        null => "every position",
        [] => "the last position",
        [var one] => $"position {one}",
        _ => "positions " + string.Join(", ", _chosen),
    };
}
