using System.Globalization;
using FeatureInterp.Display;

namespace FeatureInterp.Analysis;

/// <summary>A change that gradients foretold and that was then made.</summary>
/// <param name="Name">What was changed.</param>
/// <param name="Predicted">By how much the metric should change.</param>
/// <param name="Actual">By how much it did.</param>
public sealed record PredictedEffect(string Name, double Predicted, double Actual);

/// <summary>Effects that gradients foretold beside those that are. Draws itself as a scatter with the line on which both are equal, and a table.</summary>
[TypeFormatterSource(typeof(DisplayFormatterSource), PreferredMimeTypes = [MimeTypes.Svg, MimeTypes.Text])]
public sealed record EffectPrediction : IHasDisplay
{
    private const int RowsShown = 40;

    /// <summary>What was foretold and how, one sentence.</summary>
    public required string Title { get; init; }

    /// <summary>What is measured.</summary>
    public required string Metric { get; init; }

    /// <summary>The effects.</summary>
    public required IReadOnlyList<PredictedEffect> Effects { get; init; }

    /// <summary>Where the numbers come from.</summary>
    public required Provenance Provenance { get; init; }

    /// <summary>Pearson's correlation of predicted and actual effects; NaN where it is not defined: fewer than two effects, or all the same.</summary>
    public double Correlation
    {
        get
        {
            if (Effects.Count < 2)
                return double.NaN;
            double p = Effects.Average(e => e.Predicted), a = Effects.Average(e => e.Actual);
            var both = Effects.Sum(e => (e.Predicted - p) * (e.Actual - a));
            return both / Math.Sqrt(Effects.Sum(e => (e.Predicted - p) * (e.Predicted - p)) * Effects.Sum(e => (e.Actual - a) * (e.Actual - a)));
        }
    }

    /// <summary>The line through the origin that fits best, actual = slope · predicted by least squares: Σ p·a / Σ p². 1 where predictions hold; NaN where all are 0.</summary>
    public double Slope => Effects.Sum(e => e.Predicted * e.Actual) / Effects.Sum(e => e.Predicted * e.Predicted);

    /// <summary>The root of the mean square of actual − predicted, in the metric's unit; NaN without effects.</summary>
    public double Error => Math.Sqrt(Effects.Sum(e => (e.Actual - e.Predicted) * (e.Actual - e.Predicted)) / Effects.Count);

    /// <summary>Predicted effects to the right, actual ones upwards.</summary>
    public Figure Scatter()
    {
        double[] ends = [.. Effects.SelectMany(e => new[] { e.Predicted, e.Actual }).Where(double.IsFinite)];
        double[] line = ends.Length == 0 ? [] : [ends.Min(), ends.Max()];
        return new Figure(
            "Predicted and actual effects",
            [
                new ScatterTrace("effect", [.. Effects.Select(e => e.Predicted)], [.. Effects.Select(e => e.Actual)], [.. Effects.Select(e => e.Name)]),
                new LineTrace("as predicted", line, line),
            ],
            new Axis("predicted"), new Axis("actual"));
    }

    /// <inheritdoc/>
    public IDisplay ToDisplay() => new DisplayStack(
        Title,
        new Paragraph(string.Create(CultureInfo.InvariantCulture,
            $"{Effects.Count} effects on the {Metric}: correlation {Correlation:0.000}, slope {Slope:0.000} (1 where predictions hold), error {Error:0.####}.")),
        Scatter(),
        new Table(
            ["", new TableColumn("predicted", format: "+0.0000;-0.0000;0"), new TableColumn("actual", format: "+0.0000;-0.0000;0")],
            [.. Effects.OrderByDescending(e => Math.Abs(e.Predicted)).Select(e => (Cell[])[e.Name, e.Predicted, e.Actual])], maxRows: RowsShown),
        Provenance.ToTable());

    /// <summary>The result as text, worth reading in a terminal.</summary>
    public override string ToString() => ToDisplay().ToText();
}
