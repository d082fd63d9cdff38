using FeatureInterp.Display;
using FeatureInterp.Models;

namespace FeatureInterp.Analysis;

/// <summary>One layer at one position.</summary>
/// <param name="Top">The most probable next tokens.</param>
/// <param name="Probabilities">The followed tokens' probabilities, 0 to 1.</param>
/// <param name="Ranks">The followed tokens' ranks, 0 for the most probable.</param>
public sealed record LensCell(TokenRanking Top, IReadOnlyList<double> Probabilities, IReadOnlyList<int> Ranks);

/// <summary>One layer.</summary>
/// <param name="Label">Where the stream was read, as TransformerLens labels it: <c>0_pre</c>, <c>0_mid</c>, …, <c>final_post</c>.</param>
/// <param name="Cells">A cell a position.</param>
public sealed record LensRow(string Label, IReadOnlyList<LensCell> Cells);

/// <summary>What every layer predicts. Draws itself as a table of the likeliest tokens and heat maps of the followed ones.</summary>
[TypeFormatterSource(typeof(DisplayFormatterSource), PreferredMimeTypes = [MimeTypes.Svg, MimeTypes.Text])]
public sealed record LogitLensResult : IHasDisplay
{
    private const int ColumnsShown = 8;
    private const int MapsShown = 4;

    /// <summary>The texts of the tokens at <see cref="Positions"/>.</summary>
    public required IReadOnlyList<string> TokenTexts { get; init; }

    /// <summary>The positions.</summary>
    public required IReadOnlyList<int> Positions { get; init; }

    /// <summary>The texts of the tokens that are followed.</summary>
    public required IReadOnlyList<string> Followed { get; init; }

    /// <summary>Their ids.</summary>
    public required IReadOnlyList<int> FollowedTokens { get; init; }

    /// <summary>The layers, from what enters the first block to what leaves the last.</summary>
    public required IReadOnlyList<LensRow> Rows { get; init; }

    /// <summary>Where the numbers come from.</summary>
    public required Provenance Provenance { get; init; }

    /// <summary>A followed token's probability at each layer and position. Also as plotly JSON.</summary>
    /// <param name="followed">Which of <see cref="Followed"/>.</param>
    public Figure HeatMap(int followed = 0) => new(
        $"The probability of '{Followed[followed]}' as the next token",
        [new HeatMapTrace("probability", TokenTexts, [.. Rows.Select(r => r.Label)], [.. Rows.Select(r => (IReadOnlyList<double>)[.. r.Cells.Select(c => c.Probabilities[followed])])])],
        new Axis("token"));

    /// <summary>The followed tokens' log₁₀(rank + 1) over the layers at one position: 0 where a token is the likeliest. Also as plotly JSON.</summary>
    /// <param name="position">Which of <see cref="Positions"/>; the last if left out.</param>
    public Figure RankLines(Index? position = null)
    {
        var at = (position ?? ^1).GetOffset(Positions.Count);
        double[] layers = [.. Enumerable.Range(0, Rows.Count).Select(l => (double)l)];
        return new Figure(
            $"Ranks at '{TokenTexts[at]}'",
            [.. Followed.Select((f, i) => new LineTrace($"'{f}'", layers, [.. Rows.Select(r => Math.Log10(r.Cells[at].Ranks[i] + 1))], [.. Rows.Select(r => r.Label)]))],
            new Axis("layer"),
            new Axis("log10(rank + 1)"));
    }

    /// <inheritdoc/>
    public IDisplay ToDisplay() => new DisplayStack(
        "What each layer predicts",
        [
            Likeliest(),
            .. Enumerable.Range(0, Math.Min(MapsShown, Followed.Count)).Select(HeatMap),
            Provenance.ToTable(),
        ]);

    /// <summary>The result as text, worth reading in a terminal.</summary>
    public override string ToString() => ToDisplay().ToText();

    // The last layer on top, as the stream is drawn.
    private Table Likeliest()
    {
        var first = Math.Max(0, Positions.Count - ColumnsShown);
        return new Table(
            ["layer", .. TokenTexts.Skip(first).Select(t => (TableColumn)$"'{t}'")],
            [.. Rows.Reverse().Select(r => (Cell[])[r.Label, .. r.Cells.Skip(first).Select(c => (Cell)$"'{c.Top[0].Text}'")])],
            first > 0 ? $"The likeliest next token, the last {ColumnsShown} positions" : "The likeliest next token");
    }
}
