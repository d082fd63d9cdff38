using System.Globalization;
using FeatureInterp.Display;

namespace FeatureInterp.Analysis;

/// <summary>How strong a unit is on a sentence.</summary>
/// <param name="Text">The sentence.</param>
/// <param name="Max">The largest activation at a token that counts.</param>
/// <param name="Position">Where it is.</param>
/// <param name="Token">The text of the token there.</param>
/// <param name="Values">The activation at every token, special ones and padding too, [pos].</param>
public sealed record SentenceActivation(string Text, float Max, int Position, string Token, IReadOnlyList<float> Values);

/// <summary>Whether a unit tells two lists of sentences apart.</summary>
[TypeFormatterSource(typeof(DisplayFormatterSource), PreferredMimeTypes = [MimeTypes.Svg, MimeTypes.Text])]
public sealed record InputMetricResult : IHasDisplay
{
    /// <summary>The unit.</summary>
    public required string Unit { get; init; }

    /// <summary>The sentences it should fire on.</summary>
    public required IReadOnlyList<SentenceActivation> Positive { get; init; }

    /// <summary>The sentences it should not.</summary>
    public required IReadOnlyList<SentenceActivation> Negative { get; init; }

    /// <summary>Where the numbers come from.</summary>
    public required Provenance Provenance { get; init; }

    /// <summary>The mean over the positive sentences of their largest activation.</summary>
    public double PositiveMean => Positive.Average(s => (double)s.Max);

    /// <summary>The same of the negative ones.</summary>
    public double NegativeMean => Negative.Average(s => (double)s.Max);

    /// <summary>The largest activation of any positive sentence.</summary>
    public float PositiveMax => Positive.Max(s => s.Max);

    /// <summary>The same of the negative ones.</summary>
    public float NegativeMax => Negative.Max(s => s.Max);

    /// <summary>Whether <see cref="PositiveMean"/> &gt; <see cref="NegativeMean"/>, strictly: of a unit that is silent on both, false.</summary>
    public bool Success => PositiveMean > NegativeMean;

    /// <summary>The share of pairs of a positive and a negative sentence in which the positive one is stronger, ties counted half: 0.5 for a unit that does not tell them apart.</summary>
    public double Auroc => Positive.SelectMany(p => Negative, (p, n) => p.Max > n.Max ? 1 : p.Max < n.Max ? 0 : 0.5).Average();

    /// <inheritdoc/>
    public IDisplay ToDisplay() => new DisplayStack(
        $"{Unit} on sentences for and against its description",
        new Paragraph(string.Create(CultureInfo.InvariantCulture,
            $"Mean of the largest activation: {PositiveMean:0.###} on positive sentences, {NegativeMean:0.###} on negative ones: {(Success ? "a success" : "no success")}. A positive sentence is the stronger of a pair in {Auroc:0.# %}.")),
        new Table(["", new("largest", format: "0.00"), "at", "sentence"], [.. Positive.Select(s => Row("+", s)), .. Negative.Select(s => Row("−", s))]),
        Provenance.ToTable());

    /// <summary>The result as text, worth reading in a terminal.</summary>
    public override string ToString() => ToDisplay().ToText();

    private static Cell[] Row(string sign, SentenceActivation s) => [sign, s.Max, $"'{s.Token}'", s.Text];
}
