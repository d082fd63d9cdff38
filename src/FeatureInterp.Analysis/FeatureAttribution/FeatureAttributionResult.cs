using System.Globalization;
using FeatureInterp.Display;
using FeatureInterp.Tensors;

namespace FeatureInterp.Analysis;

/// <summary>What one feature adds to a logit.</summary>
/// <param name="Feature">The feature.</param>
/// <param name="Activation">Its activation.</param>
/// <param name="Logits">What it adds, in logits.</param>
public readonly record struct FeaturePart(int Feature, float Activation, double Logits);

/// <summary>A logit as a sum: the features, the SAE's bias and error, the rest of the stream, the unembedding's bias.</summary>
[TypeFormatterSource(typeof(DisplayFormatterSource), PreferredMimeTypes = [MimeTypes.Svg, MimeTypes.Text])]
public sealed record FeatureAttributionResult : IHasDisplay
{
    private const int Bars = 20;

    /// <summary>What was attributed.</summary>
    public required string Name { get; init; }

    /// <summary>The features that fire there, largest effect first; of equal ones the smaller number first.</summary>
    public required IReadOnlyList<FeaturePart> Features { get; init; }

    /// <summary>What the SAE's decoder bias adds.</summary>
    public required double DecoderBias { get; init; }

    /// <summary>What the SAE fails to reconstruct adds.</summary>
    public required double Error { get; init; }

    /// <summary>What is in the last stream and not in what the SAE reads adds: mostly what later layers wrote.</summary>
    public required double Rest { get; init; }

    /// <summary>b_U, with the last norm's bias in it.</summary>
    public required double UnembedBias { get; init; }

    /// <summary>The model's logit, or difference of logits; behind a soft cap it is not the sum.</summary>
    public required double Logit { get; init; }

    /// <summary>Where the numbers come from.</summary>
    public required Provenance Provenance { get; init; }

    /// <summary>The sum of all parts: the logit before a soft cap.</summary>
    public double Sum => Features.Sum(f => f.Logits) + DecoderBias + Error + Rest + UnembedBias;

    /// <summary>The largest parts as bars. Also as plotly JSON.</summary>
    public Figure Chart() => FeatureChart.TopDifferences(
        Features.Count > Bars ? $"The {Bars} features with the largest effect, of {Features.Count}" : "The features that fire",
        [.. Features.Take(Bars).Select(f => ($"feature {f.Feature.ToString(CultureInfo.InvariantCulture)}", f.Logits))], "logits");

    /// <inheritdoc/>
    public IDisplay ToDisplay() => new DisplayStack(
        $"What features add to the logit of {Name}",
        [
            .. Features.Count > 0 ? [Chart()] : (IDisplay[])[new Paragraph("No feature fires there.")],
            new Table(["part", new("logits", format: "0.000")],
            [
                [$"{Features.Count} features", Features.Sum(f => f.Logits)], ["decoder bias", DecoderBias], ["SAE error", Error], ["rest of the stream", Rest], ["unembedding bias", UnembedBias],
                ["sum", Sum], ["the model's logit", Logit],
            ]),
            Provenance.ToTable(),
        ]);

    /// <summary>The result as text, worth reading in a terminal.</summary>
    public override string ToString() => ToDisplay().ToText();
}

/// <summary>What each attention head adds to a logit. Draws itself as a heat map, a row a layer.</summary>
[TypeFormatterSource(typeof(DisplayFormatterSource), PreferredMimeTypes = [MimeTypes.Svg, MimeTypes.Text])]
public sealed record HeadAttributionResult : IHasDisplay
{
    /// <summary>What was attributed.</summary>
    public required string Name { get; init; }

    /// <summary>[layer, head], in logits.</summary>
    public required Tensor Values { get; init; }

    /// <summary>Where the numbers come from.</summary>
    public required Provenance Provenance { get; init; }

    /// <summary>The heat map. Also as plotly JSON.</summary>
    public Figure HeatMap() => new(
        $"What each head adds to the logit of {Name}",
        [new HeatMapTrace("logits", [.. Enumerable.Range(0, Values.Shape[1]).Select(h => $"H{h}")], [.. Enumerable.Range(0, Values.Shape[0]).Select(l => $"L{l}")],
            [.. Enumerable.Range(0, Values.Shape[0]).Select(l => (IReadOnlyList<double>)[.. Values.Row(l).ToArray().Select(v => (double)v)])])],
        new Axis("head"));

    /// <inheritdoc/>
    public IDisplay ToDisplay() => new DisplayStack("", HeatMap(), Provenance.ToTable());

    /// <summary>The result as text, worth reading in a terminal.</summary>
    public override string ToString() => ToDisplay().ToText();
}
