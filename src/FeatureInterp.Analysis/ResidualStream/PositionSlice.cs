namespace FeatureInterp.Analysis;

/// <summary>
/// Which positions of each prompt are wanted: TransformerLens's <c>pos_slice</c>. A number or an array of numbers converts by itself; negative
/// ones count from the prompt's own end, whatever the other prompts' lengths.
/// </summary>
public readonly struct PositionSlice
{
    private readonly int[]? _positions;

    private PositionSlice(int[] positions) => _positions = positions;

    /// <summary>Every position.</summary>
    public static PositionSlice All => default;

    /// <summary>Each prompt's last position.</summary>
    public static PositionSlice Last => new([-1]);

    /// <summary>One position.</summary>
    /// <param name="position">From 0, or negative from the end.</param>
    public static implicit operator PositionSlice(int position) => new([position]);

    /// <summary>Several positions, in this order.</summary>
    /// <param name="positions">From 0, or negative from the end.</param>
    public static implicit operator PositionSlice(int[] positions) => new([.. positions]);

    /// <inheritdoc/>
    public override string ToString() => _positions is null ? "every position" : "position " + string.Join(", ", _positions);

    /// <summary>The positions of a prompt of some length.</summary>
    /// <exception cref="AnalysisException">The prompt has no such position.</exception>
    internal int[] Of(int length)
    {
        if (_positions is null)
            return [.. Enumerable.Range(0, length)];
        return Array.ConvertAll(_positions, p => p >= -length && p < length
            ? p < 0 ? length + p : p
            : throw new AnalysisException($"Position {p} is asked for, but a prompt has {length} tokens; give {-length} to {length - 1}."));
    }
}
