using FeatureInterp.Display;
using FeatureInterp.Saes;

namespace FeatureInterp.Analysis;

/// <summary>What a colour tells in a scatter of tokens.</summary>
public enum CooccurrenceColor
{
    /// <summary>The feature of the set with the largest activation on the token.</summary>
    StrongestFeature,

    /// <summary>The token; the five that are most frequent, and all others.</summary>
    Token,

    /// <summary>Nothing: one colour, whose strength shows how many tokens lie in a place.</summary>
    None,
}

/// <summary>
/// One set of features over a corpus: the tokens where any fires, and the principal components of v = Σ a_f·W_dec[f] over them. Draws itself as a scatter of the
/// second and third component, tables and the tokens at the ends.
/// </summary>
[TypeFormatterSource(typeof(DisplayFormatterSource), PreferredMimeTypes = [MimeTypes.Svg, MimeTypes.Text])]
public sealed record CooccurrenceSet : IHasDisplay
{
    /// <summary>What the set is called.</summary>
    public required string Name { get; init; }

    /// <summary>Its features, in the order given.</summary>
    public required IReadOnlyList<CooccurrenceFeature> Features { get; init; }

    /// <summary>n, the number of tokens on which any feature of the set fires.</summary>
    public required long Fired { get; init; }

    /// <summary>v̄, the mean vector over these tokens, [d_out].</summary>
    public required IReadOnlyList<double> Mean { get; init; }

    /// <summary>The variance in all directions together: the trace of the covariance. 0 for fewer than two tokens.</summary>
    public required double Variance { get; init; }

    /// <summary>
    /// The components, the largest first: as many as were asked for, or fewer where the vectors vary in fewer directions (one feature, one token, the same vector
    /// everywhere).
    /// </summary>
    public required IReadOnlyList<CooccurrenceComponent> Components { get; init; }

    /// <summary>On how many tokens both of two features fire, [feature][feature] in the set's order; on the diagonal each alone.</summary>
    public required IReadOnlyList<IReadOnlyList<long>> Together { get; init; }

    /// <summary>The tokens, in the order of the corpus: all <see cref="Fired"/>, or where these are more than were to be kept, a uniform sample.</summary>
    public required IReadOnlyList<CooccurrencePoint> Points { get; init; }

    /// <summary>Whether <see cref="Points"/> are a sample.</summary>
    public bool IsSample => Points.Count < Fired;

    /// <summary>The tokens along two components. Where they are too many to be told apart, the picture shows how dense they lie. Also as plotly JSON.</summary>
    /// <param name="x">The component to the right, from 1.</param>
    /// <param name="y">The component upwards, from 1.</param>
    /// <param name="color">What a colour tells.</param>
    /// <exception cref="AnalysisException">The set does not have that component.</exception>
    public Figure Scatter(int x = 2, int y = 3, CooccurrenceColor color = CooccurrenceColor.StrongestFeature) => CooccurrenceDisplay.Scatter(this, x, y, color);

    /// <summary>The tokens that lie furthest along a component, the lowest and the highest, each in its context; the background is the strongest feature's activation.</summary>
    /// <param name="component">The component, from 1.</param>
    /// <param name="count">How many at each end, at least 1.</param>
    /// <exception cref="AnalysisException">The set does not have that component.</exception>
    public TokenContexts Extremes(int component, int count = 5) => CooccurrenceDisplay.Extremes(this, component, count);

    /// <inheritdoc/>
    public IDisplay ToDisplay() => new DisplayStack("", [.. CooccurrenceDisplay.Parts(this)]);

    /// <summary>The result as text, worth reading in a terminal.</summary>
    public override string ToString() => ToDisplay().ToText();

    internal static CooccurrenceSet Of(string name, int[] features, SparseAutoencoder sae, CooccurrenceSums sums, int components, TokenTexts texts)
    {
        var k = features.Length;
        var directions = Array.ConvertAll(features, f => Array.ConvertAll(sae.Direction(f), v => (double)v));   // [k][d_out]
        var (variance, axes) = PrincipalComponents.Of(directions, sums.Scatter, sums.Count, components);
        var mean = new double[sae.Config.DOut];
        for (var f = 0; f < k; f++)
            TensorPrimitives.MultiplyAdd(directions[f], sums.Mean[f], mean, mean);
        return new CooccurrenceSet
        {
            Name = name,
            Features = [.. features.Select((feature, f) => new CooccurrenceFeature(
                feature, sums.Together[f * k + f], sums.Together[f * k + f] is > 0 and var n ? sums.Mean[f] * sums.Count / n : 0, [.. axes.Select(a => a.Loadings[f])]))],
            Fired = sums.Count,
            Mean = mean,
            Variance = variance,
            Components = [.. axes.Select(a => new CooccurrenceComponent(a.Variance, a.Variance / variance, a.Direction))],
            Together = [.. Enumerable.Range(0, k).Select(f => (IReadOnlyList<long>)sums.Together[(f * k)..((f + 1) * k)])],
            Points = [.. sums.Kept.OrderBy(t => t.Row).ThenBy(t => t.Position).Select(t => Point(t, features, sums.Mean, axes, texts))],
        };
    }

    private static CooccurrencePoint Point(KeptToken token, int[] features, double[] mean, PrincipalAxis[] axes, TokenTexts texts) => new()
    {
        Row = token.Row,
        Position = token.Position,
        TokenTexts = Array.ConvertAll(token.Tokens, t => texts[t]),
        Focus = token.Focus,
        Fired = [.. token.Slots.Select((s, i) => (features[s], token.Values[i]))],
        Projection = Array.ConvertAll(axes, a =>
        {
            // (Σ a_f·W[f] − Σ ā_f·W[f])·component
            var sum = -TensorPrimitives.Dot<double>(mean, a.Loadings);
            for (var i = 0; i < token.Slots.Length; i++)
                sum += token.Values[i] * a.Loadings[token.Slots[i]];
            return sum;
        }),
    };
}
