using FeatureInterp.Display;
using FeatureInterp.Models;
using FeatureInterp.Tensors;

namespace FeatureInterp.Analysis;

/// <summary>What each patch did to the metric. Draws itself as a heat map.</summary>
[TypeFormatterSource(typeof(DisplayFormatterSource), PreferredMimeTypes = [MimeTypes.Svg, MimeTypes.Text])]
public sealed record ActivationPatchingResult : IHasDisplay
{
    private const int HeadsShown = 40;

    /// <summary>What was patched.</summary>
    public required HookSite Site { get; init; }

    /// <summary>What one patch replaced.</summary>
    public required PatchAxes Axes { get; init; }

    /// <summary>What was measured.</summary>
    public required string Metric { get; init; }

    /// <summary>The metric of the corrupted run with each patch: [layer, pos], [layer, head] or [layer, head, pos], in the order of the lists below.</summary>
    public required Tensor Values { get; init; }

    /// <summary>The layers patched.</summary>
    public required IReadOnlyList<int> Layers { get; init; }

    /// <summary>The heads patched; empty where they were not told apart.</summary>
    public required IReadOnlyList<int> Heads { get; init; }

    /// <summary>The positions patched; empty where they were not told apart.</summary>
    public required IReadOnlyList<int> Positions { get; init; }

    /// <summary>The tokens of the first corrupted prompt at <see cref="Positions"/>.</summary>
    public required IReadOnlyList<string> TokenTexts { get; init; }

    /// <summary>The metric of the clean run.</summary>
    public required double CleanValue { get; init; }

    /// <summary>The metric of the corrupted run without a patch.</summary>
    public required double CorruptedValue { get; init; }

    /// <summary>Where the numbers come from.</summary>
    public required Provenance Provenance { get; init; }

    /// <summary>The same grid on a scale where 0 is the corrupted run and 1 the clean one: (value − corrupted) / (clean − corrupted).</summary>
    /// <exception cref="AnalysisException">Both runs have the same metric.</exception>
    public Tensor Normalized()
    {
        if (CleanValue == CorruptedValue)
            throw new AnalysisException($"The {Metric} is {CleanValue} in the clean and in the corrupted run, so there is nothing to restore; choose prompts or tokens that differ.");
        var grid = Values.Clone();
        foreach (ref var v in grid.Span)
            v = (float)((v - CorruptedValue) / (CleanValue - CorruptedValue));
        return grid;
    }

    /// <inheritdoc/>
    public IDisplay ToDisplay() => ActivationPatchingDisplay.Draw(this, HeadsShown);

    /// <summary>The result as text, worth reading in a terminal.</summary>
    public override string ToString() => ToDisplay().ToText();
}
