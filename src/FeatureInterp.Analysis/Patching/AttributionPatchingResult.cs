using FeatureInterp.Display;

namespace FeatureInterp.Analysis;

/// <summary>What each patch would do to the metric, to first order. Draws itself as activation patching does.</summary>
/// <param name="Estimate">The grid, in the form of activation patching's: the metric of the corrupted run with each patch, as foretold.</param>
[TypeFormatterSource(typeof(DisplayFormatterSource), PreferredMimeTypes = [MimeTypes.Svg, MimeTypes.Text])]
public sealed record AttributionPatchingResult(ActivationPatchingResult Estimate) : IHasDisplay
{
    /// <summary>The estimates beside the effects of the patches themselves, each less the corrupted run's metric.</summary>
    /// <param name="exact">The same patches made.</param>
    /// <exception cref="AnalysisException">It has other patches.</exception>
    public EffectPrediction Against(ActivationPatchingResult exact)
    {
        if (exact.Site != Estimate.Site || exact.Axes != Estimate.Axes || !exact.Layers.SequenceEqual(Estimate.Layers)
            || !exact.Heads.SequenceEqual(Estimate.Heads) || !exact.Positions.SequenceEqual(Estimate.Positions))
            throw new AnalysisException($"The estimates are of {Estimate.Site} by {Estimate.Axes}, {Estimate.Values}, but the patches are of {exact.Site} by {exact.Axes}, {exact.Values}; make both with the same options.");
        string[] names =
        [
            .. from layer in Estimate.Layers
               from head in Estimate.Heads.Select(h => $" head {h}").DefaultIfEmpty("")
               from position in Estimate.Positions.Select((p, i) => $" position {p} '{Estimate.TokenTexts[i]}'").DefaultIfEmpty("")
               select $"layer {layer}{head}{position}",
        ];
        return new EffectPrediction
        {
            Title = "Attribution patching against activation patching",
            Metric = Estimate.Metric,
            Effects = [.. names.Select((name, i) => new PredictedEffect(name, Estimate.Values.Span[i] - Estimate.CorruptedValue, exact.Values.Span[i] - exact.CorruptedValue))],
            Provenance = Estimate.Provenance,
        };
    }

    /// <inheritdoc/>
    public IDisplay ToDisplay() => new DisplayStack(
        "Attribution patching",
        new Paragraph("Estimated to first order: (clean value − corrupted value) · gradient. No patch was made."),
        Estimate.ToDisplay());

    /// <summary>The result as text, worth reading in a terminal.</summary>
    public override string ToString() => ToDisplay().ToText();
}
