using System.Text.Json;
using FeatureInterp.Display;

namespace FeatureInterp.Analysis;

/// <summary>
/// The largest activations of features over a corpus. Draws itself as a histogram of densities and, where few features were chosen, each of them.
/// </summary>
[TypeFormatterSource(typeof(DisplayFormatterSource), PreferredMimeTypes = [MimeTypes.Svg, MimeTypes.Text])]
public sealed record TopActivationsResult : IHasDisplay
{
    private Dictionary<int, FeatureActivations>? _byFeature;

    /// <summary>The number of rows.</summary>
    public required int Rows { get; init; }

    /// <summary>The number of tokens that count: all but the special ones, if those were left out.</summary>
    public required int Tokens { get; init; }

    /// <summary>The number of special tokens that were left out.</summary>
    public required int Excluded { get; init; }

    /// <summary>How many examples of a feature were kept at most.</summary>
    public required int ExamplesKept { get; init; }

    /// <summary>Whether these are all features of the SAE.</summary>
    public required bool Every { get; init; }

    /// <summary>False when the pass was stopped and this is what there was by then.</summary>
    public bool IsComplete { get; init; } = true;

    /// <summary>The features: all by number, or the chosen ones in their order.</summary>
    public required IReadOnlyList<FeatureActivations> Features { get; init; }

    /// <summary>Where the numbers come from.</summary>
    public required Provenance Provenance { get; init; }

    /// <summary>One feature.</summary>
    /// <param name="feature">Its number.</param>
    /// <exception cref="AnalysisException">The pass did not look at it.</exception>
    public FeatureActivations this[int feature]
    {
        get
        {
            _byFeature ??= Features.ToDictionary(f => f.Feature);
            return _byFeature.GetValueOrDefault(feature) ?? throw new AnalysisException(Every
                ? $"There is no feature {feature}; {Provenance.Sae} has features 0 to {Features.Count - 1}."
                : $"Feature {feature} was not looked at in this pass; name it in the option Features.");
        }
    }

    /// <summary>The mean number of the features in this result that fire on a token; the SAE's L0 when all were looked at.</summary>
    public double L0 => Tokens > 0 ? Features.Sum(f => (double)f.Fired) / Tokens : 0;

    /// <summary>The features that never fired.</summary>
    public IReadOnlyList<int> Dead => [.. Features.Where(f => f.Fired == 0).Select(f => f.Feature)];

    /// <summary>How often features fire: a histogram of log₁₀(density). Also as plotly JSON.</summary>
    public Figure DensityFigure() => FeatureChart.Densities("How often features fire", [.. Features.Select(f => f.Density)]);

    /// <summary>Writes the result as JSON. Nothing is half-written: a file of that name is replaced when the new one is whole.</summary>
    /// <param name="path">The destination; its folder is made if it is not there.</param>
    /// <exception cref="AnalysisException">The file cannot be written.</exception>
    public void Save(string path) => TopActivationsFile.Save(this, path);

    /// <summary>Writes what <see cref="Save"/> writes as one JSON value into a document that is being written.</summary>
    /// <param name="json">Where to.</param>
    public void WriteTo(Utf8JsonWriter json) => TopActivationsFile.Write(this, json);

    /// <summary>
    /// Reads what <see cref="Save"/> wrote, the <c>result.json</c> of <c>featureinterp analyze top-activations</c>, or the state of a stopped pass
    /// (<see cref="TopActivationsOptions.StateFile"/>), whose <see cref="IsComplete"/> is false.
    /// </summary>
    /// <param name="path">The file.</param>
    /// <exception cref="AnalysisException">The file is not there, too large (over 2 GiB), damaged, or something else.</exception>
    public static TopActivationsResult Load(string path) => TopActivationsFile.Load(path);

    /// <inheritdoc/>
    public IDisplay ToDisplay() => TopActivationsDisplay.Draw(this);

    /// <summary>The result as text, worth reading in a terminal.</summary>
    public override string ToString() => ToDisplay().ToText();
}
