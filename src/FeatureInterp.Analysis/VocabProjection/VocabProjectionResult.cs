using System.Globalization;
using FeatureInterp.Display;
using FeatureInterp.Tensors;

namespace FeatureInterp.Analysis;

/// <summary>One vector over the vocabulary.</summary>
/// <param name="Name">What it is called.</param>
/// <param name="Index">The feature, neuron or number of the vector.</param>
/// <param name="Length">Its length, ‖v‖₂, as a vector of the residual stream.</param>
/// <param name="Top">The tokens with the largest scores, largest first.</param>
/// <param name="Bottom">The tokens with the smallest, smallest first.</param>
/// <param name="Scores">Every token's score, [d_vocab]; null unless asked for.</param>
public sealed record ProjectedVector(string Name, int Index, float Length, IReadOnlyList<TokenScore> Top, IReadOnlyList<TokenScore> Bottom, Tensor? Scores)
{
    /// <summary>What a description is made from: the top tokens, then the bottom ones, in one list.</summary>
    public IReadOnlyList<string> DescriptionTokens => [.. Top.Concat(Bottom).Select(t => t.Text)];
}

/// <summary>Vectors over the vocabulary. Draws itself as a bar chart of the tokens at both ends, or, of many vectors, as a table.</summary>
[TypeFormatterSource(typeof(DisplayFormatterSource), PreferredMimeTypes = [MimeTypes.Svg, MimeTypes.Text])]
public sealed record VocabProjectionResult : IHasDisplay
{
    private const int DrawnInFull = 4;
    private const int Bars = 10;
    private const int TokensInLine = 8;

    /// <summary>The vectors, in the order asked for.</summary>
    public required IReadOnlyList<ProjectedVector> Vectors { get; init; }

    /// <summary>What was made of each.</summary>
    public required VocabForm Form { get; init; }

    /// <summary>Where the numbers come from.</summary>
    public required Provenance Provenance { get; init; }

    /// <summary>One feature, neuron or vector.</summary>
    /// <param name="index">Its number.</param>
    /// <exception cref="AnalysisException">It was not projected.</exception>
    public ProjectedVector this[int index] => Vectors.FirstOrDefault(v => v.Index == index)
        ?? throw new AnalysisException($"{index} was not projected; this result has {string.Join(", ", Vectors.Take(20).Select(v => v.Index))}.");

    /// <summary>The tokens at both ends of one vector as bars. Also as plotly JSON.</summary>
    /// <param name="index">The feature, neuron or vector.</param>
    /// <exception cref="AnalysisException">It was not projected.</exception>
    public Figure Chart(int index) => Chart(this[index]);

    /// <inheritdoc/>
    public IDisplay ToDisplay() => new DisplayStack(
        "Vectors over the vocabulary",
        [
            new Paragraph(Form switch
            {
                VocabForm.Direct => "v·W_U: what a unit along the vector adds to each logit, before the last norm divides by its scale.",
                VocabForm.ThroughFinalNorm => "unembed(ln_final(v)): the vector as if it were the whole stream; biases take part, the vector's length does not.",
                _ => "v·W_Eᵀ: the tokens whose embeddings point along the vector.",
            }),
            .. Vectors.Count <= DrawnInFull
                ? Vectors.Select(v => (IDisplay)Chart(v))
                : [new Table(["vector", new("length", format: "0.00"), "speaks for", "speaks against"],
                    [.. Vectors.Select(v => (Cell[])[v.Name, v.Length, TokenScores.Line(v.Top, TokensInLine), TokenScores.Line(v.Bottom, TokensInLine)])])],
            Provenance.ToTable(),
        ]);

    /// <summary>The result as text, worth reading in a terminal.</summary>
    public override string ToString() => ToDisplay().ToText();

    private static Figure Chart(ProjectedVector v)
    {
        var ends = v.Top.Take(Bars).Concat(v.Bottom.Take(Bars).Reverse()).DistinctBy(t => t.Token);
        return FeatureChart.TopDifferences(
            string.Create(CultureInfo.InvariantCulture, $"{v.Name}, length {v.Length:0.##}"), [.. ends.Select(t => ($"'{t.Text}'", (double)t.Score))], "score");
    }
}
