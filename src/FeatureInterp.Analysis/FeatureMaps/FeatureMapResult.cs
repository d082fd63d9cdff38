using FeatureInterp.Display;

namespace FeatureInterp.Analysis;

/// <summary>One feature over the tokens of a text.</summary>
/// <param name="Feature">The feature, 0 to d_sae − 1.</param>
/// <param name="Values">Its activation at every token, special ones too, [pos].</param>
public sealed record FeatureTrack(int Feature, IReadOnlyList<float> Values);

/// <summary>Features of a text over its tokens. Draws itself as a heat map; of a long text, as the text coloured by each of the first few features.</summary>
[TypeFormatterSource(typeof(DisplayFormatterSource), PreferredMimeTypes = [MimeTypes.Svg, MimeTypes.Text])]
public sealed record FeatureMapResult : IHasDisplay
{
    /// <summary>The token ids, as they were run, [pos].</summary>
    public required IReadOnlyList<int> Tokens { get; init; }

    /// <summary>The tokens' texts, [pos].</summary>
    public required IReadOnlyList<string> TokenTexts { get; init; }

    /// <summary>Which tokens are left out of ranking and pictures because they are not text, [pos].</summary>
    public required IReadOnlyList<bool> Excluded { get; init; }

    /// <summary>The features: in the order asked for, else by their largest activation at a token that counts. Fewer than asked for when fewer fire.</summary>
    public required IReadOnlyList<FeatureTrack> Features { get; init; }

    /// <summary>Whether the features were named, rather than found as the strongest.</summary>
    public required bool Chosen { get; init; }

    /// <summary>Where the numbers come from.</summary>
    public required Provenance Provenance { get; init; }

    /// <summary>One feature's activations, [pos].</summary>
    /// <param name="feature">A feature of this map.</param>
    /// <exception cref="AnalysisException">The map does not have it.</exception>
    public IReadOnlyList<float> this[int feature] => Features.FirstOrDefault(f => f.Feature == feature)?.Values
        ?? throw new AnalysisException($"This map does not have feature {feature}; it has {string.Join(", ", Features.Take(20).Select(f => f.Feature))}: name it in the option Features.");

    /// <summary>The text coloured by one feature, without the tokens that are left out.</summary>
    /// <param name="feature">A feature of this map.</param>
    /// <exception cref="AnalysisException">The map does not have it.</exception>
    public TokenStrip Strip(int feature) => FeatureMapDisplay.Strip(this, feature);

    /// <summary>The heat map: a row a feature, a column a token, without the tokens that are left out. Also as plotly JSON.</summary>
    public Figure HeatMap() => FeatureMapDisplay.HeatMap(this);

    /// <inheritdoc/>
    public IDisplay ToDisplay() => FeatureMapDisplay.Draw(this);

    /// <summary>The result as text, worth reading in a terminal.</summary>
    public override string ToString() => ToDisplay().ToText();
}
