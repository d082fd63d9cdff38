using System.Globalization;
using System.Text.RegularExpressions;

namespace FeatureInterp.Analysis;

/// <summary>What a model answered to an ARC prompt: <c>5⏎np.array([[1, 2],⏎       [3, 4]])</c>.</summary>
/// <param name="Confidence">The digit before the grid, 0 to 9; null when the text does not start with one.</param>
/// <param name="Grid">The grid; null when there is no well-formed one.</param>
public sealed partial record ArcAnswer(int? Confidence, ArcGrid? Grid)
{
    /// <summary>Reads a model's text.</summary>
    /// <param name="text">The new text, without the prompt.</param>
    public static ArcAnswer Parse(string text)
    {
        var confidence = text.TrimStart() is [>= '0' and <= '9' and var digit, ..] ? digit - '0' : (int?)null;
        var match = GridText().Match(text);
        if (!match.Success)
            return new ArcAnswer(confidence, null);
        var rows = RowText().Matches(match.Value).Select(r => (IReadOnlyList<int>)[.. r.Groups["digits"].Value.Split(',').Select(v => int.Parse(v.Trim(), CultureInfo.InvariantCulture))]).ToArray();
        return new ArcAnswer(confidence, rows.All(r => r.Count == rows[0].Count) ? new ArcGrid(rows) : null);
    }

    [GeneratedRegex(@"\[\s*\[\s*\d(\s*,\s*\d)*\s*\](\s*,\s*\[\s*\d(\s*,\s*\d)*\s*\])*\s*\]", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex GridText();

    [GeneratedRegex(@"\[\s*(?<digits>\d(\s*,\s*\d)*)\s*\]", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex RowText();
}
