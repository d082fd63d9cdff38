using FeatureInterp.Display;

namespace FeatureInterp.Analysis;

/// <summary>What an ablation shows. Draws itself as a ranking, the change of each answer token, the layers' response, and the texts with their grids.</summary>
[TypeFormatterSource(typeof(DisplayFormatterSource), PreferredMimeTypes = [MimeTypes.Svg, MimeTypes.Text])]
public sealed record AblationResult : IHasDisplay
{
    /// <summary>The prompt's token ids.</summary>
    public required IReadOnlyList<int> Prompt { get; init; }

    /// <summary>The prompt as text, special tokens included.</summary>
    public required string PromptText { get; init; }

    /// <summary>The choices.</summary>
    public required AblationOptions Options { get; init; }

    /// <summary>The answer under the model without the SAE.</summary>
    public required AnswerScore Clean { get; init; }

    /// <summary>The greedy text without the SAE; null when it was not worked out.</summary>
    public required string? CleanText { get; init; }

    /// <summary>The answer with the SAE in the model and nothing ablated: what effects are measured from. With the error term it is <see cref="Clean"/> but for rounding.</summary>
    public required AnswerScore Reference { get; init; }

    /// <summary>The greedy text with the SAE and nothing ablated; null when it was not worked out.</summary>
    public required string? ReferenceText { get; init; }

    /// <summary>What was ablated, in the order in which it was given.</summary>
    public required IReadOnlyList<AblatedAnswer> Lines { get; init; }

    /// <summary>The features that fire on prompt or answer where features are set to zero, special tokens left out; those with the largest max |f| · ‖W_dec[f]‖ first.</summary>
    public required IReadOnlyList<int> Active { get; init; }

    /// <summary>Whether everything is there; false after a cancellation.</summary>
    public required bool IsComplete { get; init; }

    /// <summary>Where the numbers come from.</summary>
    public required Provenance Provenance { get; init; }

    /// <summary>The lines by effect, the most harmful to the answer first.</summary>
    public IReadOnlyList<AblatedAnswer> Ranked => [.. Lines.OrderBy(l => l.Effect)];

    /// <summary>The lines of which no feature fires where it would be set to zero: they change nothing.</summary>
    public IReadOnlyList<AblatedAnswer> Silent => [.. Lines.Where(l => !l.Fires)];

    /// <summary>The line of a single feature; null for none.</summary>
    /// <param name="feature">The feature.</param>
    public AblatedAnswer? Of(int feature) => Lines.FirstOrDefault(l => l.Features is [var only] && only == feature);

    /// <inheritdoc/>
    public IDisplay ToDisplay() => AblationDisplay.Draw(this);

    /// <summary>The result as text, worth reading in a terminal.</summary>
    public override string ToString() => ToDisplay().ToText();
}
