namespace FeatureInterp.Analysis;

/// <summary>A text with a feature's activation at every token.</summary>
/// <param name="Tokens">The tokens' texts, [pos].</param>
/// <param name="Values">The activations, [pos].</param>
/// <param name="Max">The largest.</param>
/// <param name="MaxPosition">Where it is.</param>
public sealed record ActivationRecord(IReadOnlyList<string> Tokens, IReadOnlyList<float> Values, float Max, int MaxPosition)
{
    /// <summary>Equal records have the same tokens, values and maximum.</summary>
    /// <param name="other">Another record.</param>
    public bool Equals(ActivationRecord? other) =>
        other is not null && Max.Equals(other.Max) && MaxPosition == other.MaxPosition && Tokens.SequenceEqual(other.Tokens, StringComparer.Ordinal) && Values.SequenceEqual(other.Values);

    /// <inheritdoc/>
    public override int GetHashCode()
    {
        var hash = default(HashCode);
        hash.Add(Max);
        foreach (var token in Tokens)
            hash.Add(token, StringComparer.Ordinal);
        return hash.ToHashCode();
    }

    /// <summary>The tokens around the largest activation: <paramref name="width"/> before it, itself, and <paramref name="width"/> − 1 after it, fewer at the text's ends.</summary>
    /// <param name="width">At least 1.</param>
    /// <exception cref="AnalysisException">The width is below 1.</exception>
    public IReadOnlyList<string> Window(int width) => width >= 1
        ? [.. Tokens.Take(Math.Min(Tokens.Count, checked(MaxPosition + width))).Skip(Math.Max(0, MaxPosition - width))]
        : throw new AnalysisException($"A window of {width} tokens is asked for; give 1 or more.");

    /// <summary>The text of <see cref="Window"/>.</summary>
    /// <param name="width">At least 1.</param>
    /// <param name="asNotebook">
    /// Whether a window that would begin before the text begins as a Python slice does, counted from the text's end, and so is mostly empty: what the notebook behind output-centric
    /// descriptions does. Default false.
    /// </param>
    /// <exception cref="AnalysisException">The width is below 1.</exception>
    public string WindowText(int width, bool asNotebook = false)
    {
        var window = string.Concat(Window(width));
        if (!asNotebook || MaxPosition >= width)
            return window;
        var start = Math.Max(0, MaxPosition - width + Tokens.Count);
        return string.Concat(Tokens.Take(Math.Min(Tokens.Count, MaxPosition + width)).Skip(start));
    }

    /// <summary>The activations on the scale 0 to 10: min(10, ⌊10·max(0, a)/scale⌋); zeros where the scale is not above 0.</summary>
    /// <param name="scale">What counts as 10: the largest activation of the feature, or of this record.</param>
    public IReadOnlyList<int> Normalized(float scale) =>
        [.. Values.Select(v => scale > 0 ? (int)Math.Min(10, Math.Floor(10.0 * Math.Max(0, v) / scale)) : 0)];
}
