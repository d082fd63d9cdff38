using System.Globalization;
using System.Text.RegularExpressions;

namespace FeatureInterp.Saes;

/// <summary>SAEs of a release whose names follow one pattern.</summary>
/// <param name="Id">The pattern of their names.</param>
/// <param name="Path">Their places, with <c>{layer}</c> for the value of the pattern's part 'layer'.</param>
/// <param name="Hook">Their hooks, likewise; null to read it from the names.</param>
/// <param name="NeuronpediaId">Their names on Neuronpedia, likewise; null for none.</param>
/// <param name="Width">The number of features; null to read it from the names.</param>
/// <param name="L0">L0 of each in order; one for all, or none.</param>
/// <param name="VarianceExplained">The explained variance, likewise.</param>
/// <param name="NormScalingFactor">The factor, likewise.</param>
/// <param name="FoldsFactorOfFiles">Whether the factor is the one that the files give.</param>
internal sealed partial record SaeEntryPattern(
    SaePattern Id,
    string Path,
    string? Hook,
    string? NeuronpediaId,
    int? Width,
    IReadOnlyList<double> L0,
    IReadOnlyList<double> VarianceExplained,
    IReadOnlyList<double> NormScalingFactor,
    bool FoldsFactorOfFiles)
{
    /// <summary>All of them.</summary>
    public IEnumerable<SaeEntry> All(SaeRelease release) => Id.All().Select((values, i) => Entry(release, values, i));

    /// <summary>The one of a name; null when the pattern does not give it.</summary>
    public SaeEntry? Find(SaeRelease release, string id)
    {
        if (Id.Match(id) is not { } values)
            return null;
        // Where the numbers differ by SAE, its place in the order counts.
        var index = L0.Count > 1 || VarianceExplained.Count > 1 || NormScalingFactor.Count > 1 ? Id.All().TakeWhile(v => Id.Text(v) != id).Count() : 0;
        return Entry(release, values, index);
    }

    private SaeEntry Entry(SaeRelease release, IReadOnlyDictionary<string, string> values, int index)
    {
        // Gemma Scope puts L0 into its paths: average_l0_{l0}.
        var numbered = L0.Count > 0 ? new Dictionary<string, string>(values, StringComparer.Ordinal) { ["l0"] = At(L0, index)!.Value.ToString(CultureInfo.InvariantCulture) } : values;
        var path = SaePattern.Fill(Path, numbered);
        var facts = Facts(release, path);
        return new SaeEntry
        {
            Release = release,
            Id = Id.Text(values),
            Path = path,
            Hook = Hook is { } hook ? SaePattern.Fill(hook, values) : facts?.HookIn?.ToString(),
            Width = Width ?? facts?.DSae,
            L0 = At(L0, index) ?? (AverageL0().Match(path) is { Success: true } l0 ? int.Parse(l0.Groups["l0"].Value, CultureInfo.InvariantCulture) : null),
            VarianceExplained = At(VarianceExplained, index),
            NeuronpediaId = NeuronpediaId is { } neuronpedia ? SaePattern.Fill(neuronpedia, values) : null,
            NormScalingFactor = At(NormScalingFactor, index),
            FoldsFactorOfFiles = FoldsFactorOfFiles,
        };
    }

    // What the names of the release tell without its files.
    private static SaeNameFacts? Facts(SaeRelease release, string path) => (release.Layout, release.Repository) switch
    {
        ("gemma_2", { } repository) => GemmaScopeNames.Sae(repository, path),
        ("gemma_2_transcoder", { } repository) => GemmaScopeNames.Transcoder(repository, path),
        ("gemma_3", { } repository) => GemmaScope2Names.Facts(repository, path),
        ("goodfire", { } repository) => GoodfireLayout.Facts(repository, path),
        ("deepseek_r1", { } repository) => DeepSeekR1Layout.Facts(repository, path),
        ("qwen_scope", { } repository) => QwenScopeLayout.Facts(repository, path),
        _ => null,
    };

    private static double? At(IReadOnlyList<double> numbers, int index) => numbers.Count switch
    {
        0 => null,
        1 => numbers[0],
        _ => index < numbers.Count ? numbers[index] : null,
    };

    [GeneratedRegex(@"(^|/)average_l0_(?<l0>\d{1,6})$", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex AverageL0();
}
