using FeatureInterp.Display;

namespace FeatureInterp.Analysis;

/// <summary>Sets of features over a corpus. Draws itself as the scatters of all sets on one scale, then each set.</summary>
[TypeFormatterSource(typeof(DisplayFormatterSource), PreferredMimeTypes = [MimeTypes.Svg, MimeTypes.Text])]
public sealed record CooccurrenceResult : IHasDisplay
{
    /// <summary>The number of rows.</summary>
    public required int Rows { get; init; }

    /// <summary>The number of tokens that count: all but the special ones, if those were left out.</summary>
    public required long Tokens { get; init; }

    /// <summary>The number of special tokens that were left out.</summary>
    public required long Excluded { get; init; }

    /// <summary>Whether the source's slips were followed; see <see cref="CooccurrenceOptions.AsNotebook"/>.</summary>
    public required bool AsNotebook { get; init; }

    /// <summary>False when the pass was stopped and this is what there was by then.</summary>
    public bool IsComplete { get; init; } = true;

    /// <summary>The sets, in the order given.</summary>
    public required IReadOnlyList<CooccurrenceSet> Sets { get; init; }

    /// <summary>Where the numbers come from.</summary>
    public required Provenance Provenance { get; init; }

    /// <summary>When a token counts for a set, in words.</summary>
    public string Rule => AsNotebook
        ? "A token counts for a set where its activations sum to more than 0, as in the source: where signed activations cancel, it is lost."
        : "A token counts for a set where any of its features is not 0. The source asks for a sum above 0, which is the same unless activations are signed and cancel.";

    /// <summary>One set.</summary>
    /// <param name="name">Its name.</param>
    /// <exception cref="AnalysisException">There is no such set.</exception>
    public CooccurrenceSet this[string name] => Sets.FirstOrDefault(s => s.Name == name)
        ?? throw new AnalysisException($"There is no set '{name}' in this result; it has {string.Join(", ", Sets.Select(s => $"'{s.Name}'"))}.");

    /// <summary>Every set's tokens along two of its components, a row a set, on one scale: what a chosen set shows that a random one does not.</summary>
    /// <param name="x">The component to the right, from 1.</param>
    /// <param name="y">The component upwards, from 1.</param>
    /// <exception cref="AnalysisException">No set has that component.</exception>
    public Figure Compare(int x = 2, int y = 3) => CooccurrenceDisplay.Compare(this, x, y);

    /// <inheritdoc/>
    public IDisplay ToDisplay() => CooccurrenceDisplay.Draw(this);

    /// <summary>The result as text, worth reading in a terminal.</summary>
    public override string ToString() => ToDisplay().ToText();
}
