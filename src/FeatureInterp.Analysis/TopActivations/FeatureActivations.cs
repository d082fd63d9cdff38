using FeatureInterp.Display;

namespace FeatureInterp.Analysis;

/// <summary>One of a feature's largest activations, with the text around it.</summary>
public sealed record ActivationExample
{
    /// <summary>The activation.</summary>
    public required float Value { get; init; }

    /// <summary>The row of the corpus, from 0.</summary>
    public required int Row { get; init; }

    /// <summary>The position in the row, from 0.</summary>
    public required int Position { get; init; }

    /// <summary>The position of the first token of <see cref="Tokens"/>.</summary>
    public required int Start { get; init; }

    /// <summary>The token ids around the example and its own, as far as they were kept.</summary>
    public required IReadOnlyList<int> Tokens { get; init; }

    /// <summary>Their texts.</summary>
    public required IReadOnlyList<string> TokenTexts { get; init; }

    /// <summary>The feature's activation at each of them.</summary>
    public required IReadOnlyList<float> Values { get; init; }

    /// <summary>The text before the example's token, as far as it was kept.</summary>
    public string Prefix => string.Concat(TokenTexts.Take(Position - Start));

    /// <summary>The text of the example's token.</summary>
    public string Token => TokenTexts[Position - Start];

    /// <summary>The text after the example's token, as far as it was kept.</summary>
    public string Suffix => string.Concat(TokenTexts.Skip(Position - Start + 1));

    /// <summary>The example on one line: <c>prefix|token|suffix</c>.</summary>
    public override string ToString() => $"{Prefix}|{Token}|{Suffix}";
}

/// <summary>
/// One feature over a corpus: its largest activations in their context, how often it fired, how its activations are spread. Draws itself as a concordance and a histogram.
/// </summary>
[TypeFormatterSource(typeof(DisplayFormatterSource), PreferredMimeTypes = [MimeTypes.Svg, MimeTypes.Text])]
public sealed record FeatureActivations : IHasDisplay
{
    /// <summary>The feature, 0 to d_sae − 1.</summary>
    public required int Feature { get; init; }

    /// <summary>The number of tokens it fired on (its activation was not 0), of those that count.</summary>
    public required int Fired { get; init; }

    /// <summary>The number of tokens that count: all but the special ones, if those were left out.</summary>
    public required int Tokens { get; init; }

    /// <summary>How its activations above zero are spread.</summary>
    public required ActivationHistogram Histogram { get; init; }

    /// <summary>Its largest activations, largest first, of equal ones the earlier; none for a feature that never fired.</summary>
    public required IReadOnlyList<ActivationExample> Examples { get; init; }

    /// <summary>The largest activation; 0 for a feature that never fired.</summary>
    public float Max => Examples.Count > 0 ? Examples[0].Value : 0;

    /// <summary>The share of tokens it fired on, 0 to 1.</summary>
    public double Density => Tokens > 0 ? Fired / (double)Tokens : 0;

    /// <summary>The examples, one a line, with the tokens coloured by activation.</summary>
    /// <param name="count">At most so many, at least 1.</param>
    public TokenContexts Contexts(int count = 10) => TopActivationsDisplay.Contexts(this, count);

    /// <summary>The histogram of its activations. Also as plotly JSON.</summary>
    public Figure HistogramFigure() => TopActivationsDisplay.Histogram(this);

    /// <inheritdoc/>
    public IDisplay ToDisplay() => TopActivationsDisplay.Draw(this);

    /// <summary>The result as text, worth reading in a terminal.</summary>
    public override string ToString() => ToDisplay().ToText();
}
