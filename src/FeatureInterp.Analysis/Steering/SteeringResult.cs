using FeatureInterp.Display;

namespace FeatureInterp.Analysis;

/// <summary>The strengths nearest to 0 on either side at which a text falls apart, of those that were tried; null where none did.</summary>
/// <param name="Negative">Below 0.</param>
/// <param name="Positive">Above 0.</param>
public sealed record BreakingPoint(double? Negative, double? Positive);

/// <summary>The texts of a steering sweep. Draws itself as curves over the strength, a table of the texts, and their tokens.</summary>
[TypeFormatterSource(typeof(DisplayFormatterSource), PreferredMimeTypes = [MimeTypes.Svg, MimeTypes.Text])]
public sealed record SteeringResult : IHasDisplay
{
    /// <summary>The prompts' token ids.</summary>
    public required IReadOnlyList<int[]> Prompts { get; init; }

    /// <summary>The prompts as text, special tokens included.</summary>
    public required IReadOnlyList<string> PromptTexts { get; init; }

    /// <summary>The features.</summary>
    public required IReadOnlyList<int> Features { get; init; }

    /// <summary>The strengths but for 0, from the lowest to the highest.</summary>
    public required IReadOnlyList<double> Strengths { get; init; }

    /// <summary>The choices.</summary>
    public required SteeringOptions Options { get; init; }

    /// <summary>What a strength of 1 multiplies each feature's W_dec with: its largest activation, or 1 / ‖W_dec[f]‖.</summary>
    public required IReadOnlyDictionary<int, double> Amounts { get; init; }

    /// <summary>The texts: for each prompt the unsteered ones, then by feature and strength.</summary>
    public required IReadOnlyList<SteeredText> Texts { get; init; }

    /// <summary>Whether every text is there, whole and scored; false after a cancellation.</summary>
    public required bool IsComplete { get; init; }

    /// <summary>Where the numbers come from.</summary>
    public required Provenance Provenance { get; init; }

    /// <summary>The unsteered text of a prompt; null when the work was cancelled before it was begun.</summary>
    /// <param name="prompt">The prompt.</param>
    /// <param name="sampling">The way of choosing tokens.</param>
    public SteeredText? Unsteered(int prompt = 0, int sampling = 0) =>
        Texts.FirstOrDefault(t => t.Prompt == prompt && t.Sampling == sampling && t.Feature is null);

    /// <summary>The texts of one feature on one prompt from the lowest to the highest strength, the unsteered one at 0 among them.</summary>
    /// <param name="feature">The feature.</param>
    /// <param name="prompt">The prompt.</param>
    /// <param name="sampling">The way of choosing tokens.</param>
    public IReadOnlyList<SteeredText> Of(int feature, int prompt = 0, int sampling = 0) =>
        [.. Texts.Where(t => t.Prompt == prompt && t.Sampling == sampling && (t.Feature is null || t.Feature == feature)).OrderBy(t => t.Strength)];

    /// <summary>
    /// Where a feature's texts fall apart. A rule of thumb: nobody reads the texts, they are measured against the unsteered one by the unsteered model
    /// (<see cref="SteeringOptions.MaxDrop"/>, <see cref="SteeringOptions.MaxRepetition"/>), so a strange but sound text can count as fallen apart.
    /// </summary>
    /// <param name="feature">The feature.</param>
    /// <param name="prompt">The prompt.</param>
    /// <param name="sampling">The way of choosing tokens.</param>
    public BreakingPoint Breaks(int feature, int prompt = 0, int sampling = 0)
    {
        double[] broken = [.. Of(feature, prompt, sampling).Where(t => t.FallsApart).Select(t => t.Strength)];
        return new BreakingPoint(
            broken.Where(s => s < 0).Select(s => (double?)s).Max(),
            broken.Where(s => s > 0).Select(s => (double?)s).Min());
    }

    /// <inheritdoc/>
    public IDisplay ToDisplay() => SteeringDisplay.Draw(this);

    /// <summary>The result as text, worth reading in a terminal.</summary>
    public override string ToString() => ToDisplay().ToText();

    /// <summary>The texts of this result that belong to a prompt, wherever it stands.</summary>
    internal IReadOnlyList<SteeredText> Of(int[] prompt)
    {
        var numbers = Enumerable.Range(0, Prompts.Count).Where(p => Prompts[p].AsSpan().SequenceEqual(prompt)).ToHashSet();
        return [.. Texts.Where(t => numbers.Contains(t.Prompt))];
    }

    /// <summary>Whether texts made with other choices would have come out as these.</summary>
    internal bool Matches(Provenance provenance, SteeringOptions options, IReadOnlyDictionary<int, double> amounts) =>
        (Provenance.ModelHash, Provenance.SaeHash, Provenance.Hook) == (provenance.ModelHash, provenance.SaeHash, provenance.Hook)
        && Provenance.ModelFlags.OrderBy(f => f.Key, StringComparer.Ordinal).SequenceEqual(provenance.ModelFlags.OrderBy(f => f.Key, StringComparer.Ordinal))
        && (Options.NewTokens, Options.Positions, Options.OnPrompt, Options.OnNewTokens, Options.StopAtEos) == (options.NewTokens, options.Positions, options.OnPrompt, options.OnNewTokens, options.StopAtEos)
        && Options.Samplings.SequenceEqual(options.Samplings)
        && amounts.All(a => !Amounts.TryGetValue(a.Key, out var own) || own.Equals(a.Value));
}
