using System.Globalization;
using FeatureInterp.Display;

namespace FeatureInterp.Analysis;

/// <summary>How a contrast pair is drawn.</summary>
internal static class ContrastPairDisplay
{
    private const int TokensShown = 16;

    public static IDisplay Draw(ContrastPairResult result)
    {
        var (first, second) = (result.First, result.Second);
        var difference = $"{second.Name} − {first.Name}";
        return new DisplayStack(
            $"Contrast pair: {first.Name} and {second.Name}",
            [
                new Paragraph(Where(result)),
                Strip(first),
                Strip(second),
                FeatureChart.Lines("SAE features at the compared token", [(first.Name, first.Features), (second.Name, second.Features), (difference, result.Difference)]),
                FeatureChart.TopDifferences($"Largest differences, {difference}", [.. result.TopDifferences.Select(d => ($"feature {d.Feature.ToString(CultureInfo.InvariantCulture)}", (double)d.Difference))]),
                Differences(result),
                result.Provenance.ToTable(),
            ]);
    }

    private static string Where(ContrastPairResult result) => result.Position == ContrastPosition.LastToken
        ? $"Read at each prompt's last token: token {result.First.Position} of {result.First.Name}, token {result.Second.Position} of {result.Second.Name}."
        : "Read at position −1 of the batch padded on the right: for the shorter prompt this is a padding token, not its last word.";

    private static TokenStrip Strip(PromptFeatures prompt)
    {
        var skipped = Math.Max(0, prompt.TokenTexts.Count - TokensShown);
        return new TokenStrip(
            [.. prompt.TokenTexts.Skip(skipped)],
            highlight: prompt.TokenTexts.Count - skipped - 1,
            title: $"The end of {prompt.Name} ({prompt.Tokens.Count} tokens, {prompt.L0} features fire at the boxed one)");
    }

    private static Table Differences(ContrastPairResult result) => new(
        ["feature", result.First.Name, result.Second.Name, "difference"],
        [.. result.TopDifferences.Select(d => (Cell[])[d.Feature, d.First, d.Second, d.Difference])]);
}
