using System.Globalization;
using FeatureInterp.Display;

namespace FeatureInterp.Analysis;

/// <summary>A token of a list.</summary>
/// <param name="Rank">0 for the first.</param>
/// <param name="Token">Its id.</param>
/// <param name="Text">Its text; the id in brackets when the model has no tokenizer.</param>
/// <param name="Score">Its score.</param>
public sealed record ListedToken(int Rank, int Token, string Text, double Score);

/// <summary>The tokens nearest a feature's vector. Draws itself as bars of the first and a table.</summary>
[TypeFormatterSource(typeof(DisplayFormatterSource), PreferredMimeTypes = [MimeTypes.Svg, MimeTypes.Text])]
public sealed record TokenListResult : IHasDisplay
{
    private const int Bars = 20;

    /// <summary>What they are near to.</summary>
    public required GhostToken Ghost { get; init; }

    /// <summary>The choices in force.</summary>
    public required TokenListOptions Options { get; init; }

    /// <summary>The tokens, best first.</summary>
    public required IReadOnlyList<ListedToken> Tokens { get; init; }

    /// <summary>The score of every token of the vocabulary, [d_vocab].</summary>
    public required IReadOnlyList<double> Scores { get; init; }

    /// <summary>Where the numbers come from.</summary>
    public required Provenance Provenance { get; init; }

    /// <summary>The tokens, a row each.</summary>
    public Table ToTable() => new(["rank", "token", "id", Header], [.. Tokens.Select(t => (IReadOnlyList<Cell>)[t.Rank, t.Text, t.Token, t.Score])], maxRows: 50);

    /// <summary>The scores of the first twenty as bars. Also as plotly JSON.</summary>
    public Figure Chart() => FeatureChart.TopDifferences("The nearest tokens", [.. Tokens.Take(Bars).Select(t => ($"'{t.Text}'", t.Score))], Header);

    /// <inheritdoc/>
    public IDisplay ToDisplay() =>
        new DisplayStack("Tokens near a feature", new Paragraph($"Nearest to {Ghost.Label}, by {Formula}."), Chart(), ToTable(), Provenance.ToTable());

    /// <summary>The result as text, worth reading in a terminal.</summary>
    public override string ToString() => ToDisplay().ToText();

    private string Header => Options.Score == TokenListScore.Filtered ? "score" : "cosine";

    private string Formula => Options.Score switch
    {
        TokenListScore.Filtered => $"(1 − cos(ghost, e))^{Options.Exponent.ToString("0.###", CultureInfo.InvariantCulture)} / (1 − cos(centroid, e)), small first",
        TokenListScore.Cosine => "the cosine with its direction",
        TokenListScore.CentredCosine => "the cosine of its direction with e − centroid",
        _ => "the cosine with its direction, the embeddings' first principal component taken out",
    };
}
