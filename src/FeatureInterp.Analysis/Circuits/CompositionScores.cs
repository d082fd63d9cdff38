using FeatureInterp.Display;
using FeatureInterp.Models;
using FeatureInterp.Tensors;

namespace FeatureInterp.Analysis;

/// <summary>Through which input of a later head an earlier head's output acts.</summary>
public enum CompositionMode
{
    /// <summary>Its queries.</summary>
    Q,

    /// <summary>Its keys.</summary>
    K,

    /// <summary>Its values.</summary>
    V,
}

/// <summary>
/// How strongly every head's output can act on every later head: ‖L·R‖ / (‖L‖·‖R‖) in Frobenius norms, with L = W_V·W_O of the earlier head and R the later head's W_Q·W_Kᵀ (Q),
/// W_K·W_Qᵀ (K) or W_V·W_O (V). Between 0 and 1; 0 where the first head is not in an earlier layer. Chance gives about 1/√d_model, not 0. Definition: Elhage et al. 2021;
/// TransformerLens's <c>all_composition_scores</c>.
/// </summary>
[TypeFormatterSource(typeof(DisplayFormatterSource), PreferredMimeTypes = [MimeTypes.Svg, MimeTypes.Text])]
public sealed record CompositionScores : IHasDisplay
{
    /// <summary>The input through which heads compose.</summary>
    public required CompositionMode Mode { get; init; }

    /// <summary>[layer, head, later layer, later head].</summary>
    public required Tensor Values { get; init; }

    /// <summary>Where the numbers come from.</summary>
    public required Provenance Provenance { get; init; }

    private int Layers => Values.Shape[0];

    private int Heads => Values.Shape[1];

    /// <summary>Computes the scores of all pairs of heads.</summary>
    /// <param name="model">The model.</param>
    /// <param name="mode">The input through which heads compose.</param>
    /// <param name="processing">The weight processing; null for the model's own if it has any, else <see cref="WeightProcessing.Standard"/>.</param>
    /// <param name="progress">Told the share of layers that is done, 0 to 1.</param>
    /// <param name="cancellation">Looked at before each pair of layers.</param>
    /// <exception cref="ArithmeticException">A matrix holds NaN or an infinity.</exception>
    public static CompositionScores Run(
        Transformer model, CompositionMode mode, WeightProcessing? processing = null, IProgress<double>? progress = null, CancellationToken cancellation = default)
    {
        model = Processed.Model(model, processing);
        return new CompositionScores
        {
            Mode = mode,
            Values = HeadPairs.Scores(model, mode, progress, cancellation),
            Provenance = Provenance.Of(model, []),
        };
    }

    /// <summary>The pairs of heads that compose most, largest score first.</summary>
    /// <param name="count">How many.</param>
    public IReadOnlyList<(string From, string To, float Score)> Top(int count = 10) =>
        [.. Pairs().OrderByDescending(p => p.Score).Take(count)];

    /// <inheritdoc/>
    public IDisplay ToDisplay()
    {
        var rows = Enumerable.Range(0, Layers * Heads).Select(left => (IReadOnlyList<double>)[.. Values.Span.Slice(left * Layers * Heads, Layers * Heads).ToArray().Select(v => (double)v)]).ToList();
        return new DisplayStack(
            $"{Mode}-composition of heads",
            new Figure("Earlier head (row) and later head (column)", [new HeatMapTrace("score", Labels(), Labels(), rows)], new Axis("later head")),
            new Table(["from", "to", "score"], [.. Top().Select(p => (Cell[])[p.From, p.To, p.Score])]),
            Provenance.ToTable());
    }

    /// <summary>The result as text, worth reading in a terminal.</summary>
    public override string ToString() => ToDisplay().ToText();

    private IEnumerable<(string From, string To, float Score)> Pairs()
    {
        var labels = Labels();
        for (var left = 0; left < labels.Count; left++)
        {
            for (var right = (left / Heads + 1) * Heads; right < labels.Count; right++)
                yield return (labels[left], labels[right], Values.Span[left * labels.Count + right]);
        }
    }

    private IReadOnlyList<string> Labels() => [.. Enumerable.Range(0, Layers * Heads).Select(i => $"L{i / Heads}H{i % Heads}")];
}
