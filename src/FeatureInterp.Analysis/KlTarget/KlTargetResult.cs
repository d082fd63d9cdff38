using System.Globalization;
using FeatureInterp.Display;

namespace FeatureInterp.Analysis;

/// <summary>One value that was tried.</summary>
/// <param name="Value">What the unit was clamped to.</param>
/// <param name="Kl">The divergence, in nats.</param>
public readonly record struct KlStep(double Value, double Kl);

/// <summary>The value that moves the model by a given divergence. Draws itself as the curve of what was tried.</summary>
[TypeFormatterSource(typeof(DisplayFormatterSource), PreferredMimeTypes = [MimeTypes.Svg, MimeTypes.Text])]
public sealed record KlTargetResult : IHasDisplay
{
    /// <summary>The unit.</summary>
    public required string Unit { get; init; }

    /// <summary>The divergence that was asked for, in nats.</summary>
    public required double Target { get; init; }

    /// <summary>The value found; where the target was not reached, the nearest that was tried (of the notebook's search, the last).</summary>
    public required double Value { get; init; }

    /// <summary>The divergence at <see cref="Value"/>, in nats.</summary>
    public required double Kl { get; init; }

    /// <summary>Whether the target was reached.</summary>
    public required bool Converged { get; init; }

    /// <summary>What was tried, in that order.</summary>
    public required IReadOnlyList<KlStep> Steps { get; init; }

    /// <summary>Where the numbers come from.</summary>
    public required Provenance Provenance { get; init; }

    /// <summary>The smallest divergence of any value tried.</summary>
    public double LowestReached => Steps.Min(s => s.Kl);

    /// <summary>The largest.</summary>
    public double HighestReached => Steps.Max(s => s.Kl);

    /// <summary>The divergence over log₁₀ of the value's size, and the target where it was in reach. Also as plotly JSON.</summary>
    public Figure Chart()
    {
        KlStep[] steps = [.. Steps.OrderBy(s => Math.Abs(s.Value))];
        double[] x = [.. steps.Select(s => Math.Log10(Math.Abs(s.Value)))];
        return new Figure(
            $"How far clamping {Unit} moves the predictions",
            [
                new LineTrace("measured", x, [.. steps.Select(s => s.Kl)], [.. steps.Select(s => s.Value.ToString("0.###", CultureInfo.InvariantCulture))]),
                .. Target <= HighestReached ? [new LineTrace("target", [x[0], x[^1]], [Target, Target])] : (Trace[])[],
            ],
            new Axis(Value < 0 ? "log10(−value)" : "log10(value)"),
            new Axis("KL divergence, nats"));
    }

    /// <inheritdoc/>
    public IDisplay ToDisplay() => new DisplayStack(
        $"{Unit} clamped for a divergence of {Target.ToString(CultureInfo.InvariantCulture)}",
        new Paragraph(Converged
            ? string.Create(CultureInfo.InvariantCulture, $"Clamped to {Value:0.####} it moves the predictions by {Kl:0.####} nats ({Steps.Count} values tried).")
            : string.Create(CultureInfo.InvariantCulture, $"The target was not reached: the values tried, {Steps.Min(s => s.Value):0.###} to {Steps.Max(s => s.Value):0.###}, give {LowestReached:0.####} to {HighestReached:0.####} nats. {Value:0.####} gives {Kl:0.####}.")),
        Chart(),
        Provenance.ToTable());

    /// <summary>The result as text, worth reading in a terminal.</summary>
    public override string ToString() => ToDisplay().ToText();
}
