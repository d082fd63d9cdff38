using System.Globalization;
using FeatureInterp.Display;
using FeatureInterp.Tensors;

namespace FeatureInterp.Analysis;

/// <summary>What clamping to one value did.</summary>
/// <param name="Value">The value.</param>
/// <param name="Mean">The mean change of every token, [d_vocab].</param>
/// <param name="Top">The tokens that gained most, most first.</param>
/// <param name="Bottom">The tokens that lost most, most first.</param>
public sealed record TokenShift(float Value, Tensor Mean, IReadOnlyList<TokenScore> Top, IReadOnlyList<TokenScore> Bottom);

/// <summary>Which tokens a clamped unit speaks for and against. Draws itself as bars for both values.</summary>
[TypeFormatterSource(typeof(DisplayFormatterSource), PreferredMimeTypes = [MimeTypes.Svg, MimeTypes.Text])]
public sealed record TokenChangeResult : IHasDisplay
{
    /// <summary>The unit.</summary>
    public required string Unit { get; init; }

    /// <summary>The value v that it was clamped to, and then to −v.</summary>
    public required float Value { get; init; }

    /// <summary>The largest activation on the prompts, from which the value was made; null when a value was given.</summary>
    public required float? LargestActivation { get; init; }

    /// <summary>What was averaged.</summary>
    public required TokenChangeMeasure Measure { get; init; }

    /// <summary>The number of prompts.</summary>
    public required int Rows { get; init; }

    /// <summary>The number of positions averaged over.</summary>
    public required int Tokens { get; init; }

    /// <summary>Whether the SAE's error term stayed in the stream; false for a neuron.</summary>
    public required bool ErrorTerm { get; init; }

    /// <summary>What clamping to v did.</summary>
    public required TokenShift Positive { get; init; }

    /// <summary>What clamping to −v did.</summary>
    public required TokenShift Negative { get; init; }

    /// <summary>Where the numbers come from.</summary>
    public required Provenance Provenance { get; init; }

    /// <summary>
    /// What a description is made from: the distinct texts of what +v suppresses, −v promotes, +v promotes and −v suppresses, in that order. The notebook makes the same set, in no
    /// defined order.
    /// </summary>
    public IReadOnlyList<string> DescriptionTokens =>
        [.. Positive.Bottom.Concat(Negative.Top).Concat(Positive.Top).Concat(Negative.Bottom).Select(t => t.Text).Distinct(StringComparer.Ordinal)];

    /// <summary>The ends of one of the changes as bars. Also as plotly JSON.</summary>
    /// <param name="shift"><see cref="Positive"/> or <see cref="Negative"/>.</param>
    public Figure Chart(TokenShift shift) => FeatureChart.TopDifferences(
        string.Create(CultureInfo.InvariantCulture, $"{Unit} clamped to {shift.Value:0.##}"),
        [.. shift.Top.Concat(shift.Bottom.Reverse()).DistinctBy(t => t.Token).Select(t => ($"'{t.Text}'", (double)t.Score))],
        Measure == TokenChangeMeasure.Logit ? "mean change, logits" : "mean change, probability");

    /// <inheritdoc/>
    public IDisplay ToDisplay() => new DisplayStack(
        $"What changes when {Unit} is clamped",
        new Paragraph(string.Create(CultureInfo.InvariantCulture, $"Mean over {Tokens:N0} positions of {Rows} {(Rows == 1 ? "prompt" : "prompts")}")
            + (LargestActivation is { } max ? string.Create(CultureInfo.InvariantCulture, $"; the largest activation there is {max:0.##}.") : ".")
            + (ErrorTerm ? " The SAE's error stays in the stream." : "")),
        Chart(Positive),
        Chart(Negative),
        Provenance.ToTable());

    /// <summary>The result as text, worth reading in a terminal.</summary>
    public override string ToString() => ToDisplay().ToText();
}
