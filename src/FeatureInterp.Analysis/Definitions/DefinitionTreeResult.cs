using System.Globalization;
using FeatureInterp.Display;

namespace FeatureInterp.Analysis;

/// <summary>Why a tree stopped growing.</summary>
public enum DefinitionTreeEnd
{
    /// <summary>Everything likely enough is in it.</summary>
    Complete,

    /// <summary>There were more nodes than allowed; it holds the likeliest of them.</summary>
    TooManyNodes,

    /// <summary>It was cancelled; it holds what was found by then, the likeliest leaves first.</summary>
    Cancelled,
}

/// <summary>What a model would write as the definition of a feature. Draws itself as a tree.</summary>
[TypeFormatterSource(typeof(DisplayFormatterSource), PreferredMimeTypes = [MimeTypes.Svg, MimeTypes.Text])]
public sealed record DefinitionTreeResult : IHasDisplay
{
    private const int DrawnNodes = 200;

    /// <summary>What is defined.</summary>
    public required GhostToken Ghost { get; init; }

    /// <summary>The tree: its root stands for the prompt.</summary>
    public required DefinitionNode Root { get; init; }

    /// <summary>The prompt's token ids, [pos].</summary>
    public required IReadOnlyList<int> PromptTokens { get; init; }

    /// <summary>The prompt's tokens as texts, [pos].</summary>
    public required IReadOnlyList<string> PromptTexts { get; init; }

    /// <summary>Where in the prompt the ghost stood.</summary>
    public required IReadOnlyList<int> GhostPositions { get; init; }

    /// <summary>The choices in force: with the placeholder that was found, and the depth that the context allows.</summary>
    public required DefinitionTreeOptions Options { get; init; }

    /// <summary>Why it stopped growing.</summary>
    public required DefinitionTreeEnd End { get; init; }

    /// <summary>Where the numbers come from.</summary>
    public required Provenance Provenance { get; init; }

    /// <summary>What to draw of it, with the multitool's edge widths.</summary>
    /// <param name="trim">Nodes of a smaller cumulative probability are left out; the multitool's value is 1e-4.</param>
    /// <param name="hidden">Texts that are left out with all below them, such as punctuation.</param>
    public DefinitionDrawing Drawing(double trim = 1e-4, IReadOnlyCollection<string>? hidden = null) => DefinitionDrawing.Of(Root, trim, hidden);

    /// <summary>The tree as a figure, as wide as it needs to be.</summary>
    /// <param name="trim">Nodes of a smaller cumulative probability are left out. Default: as many nodes as fit a page (200), the likeliest.</param>
    /// <param name="hidden">Texts that are left out with all below them.</param>
    public TreeFigure Figure(double? trim = null, IReadOnlyCollection<string>? hidden = null)
    {
        var drawing = Drawing(trim ?? PageTrim(), hidden);
        var widths = new Dictionary<DefinitionNode, double>(ReferenceEqualityComparer.Instance);
        foreach (var drawn in drawing.Nodes)
            widths.Add(drawn.Node, drawn.Width ?? 1);
        var widest = drawing.Nodes.Select(n => n.Width ?? 1).DefaultIfEmpty(1).Max();
        var left = Root.Count - drawing.Nodes.Count;
        var note = "Each line read from the left is one definition; behind it its probability. Edges are wide where the cumulative probability is large (not linear)."
            + (left > 0 ? string.Create(CultureInfo.InvariantCulture, $" {left:N0} of {Root.Count:N0} nodes are not drawn: less likely{(hidden is { Count: > 0 } ? ", or hidden" : "")}.") : "");
        return new TreeFigure(new TreeFigureNode("ghost", [.. drawing.Root.Children.Select(Drawn)]) { Hover = Ghost.Label }, $"What {Ghost.Label} would mean", note);

        TreeFigureNode Drawn(DefinitionNode node) => new(node.Text, [.. node.Children.Select(Drawn)])
        {
            Weight = widths[node] / widest,
            Note = Percent(node.CumulativeProbability),
            Hover = $"token {node.TokenId}: {Percent(node.ConditionalProbability)} after what is before it, {Percent(node.CumulativeProbability)} in all",
        };
    }

    /// <inheritdoc/>
    public IDisplay ToDisplay() => new DisplayStack("A definition tree", new Paragraph(Words()), Figure(), Provenance.ToTable());

    /// <summary>The result as text, worth reading in a terminal.</summary>
    public override string ToString() => ToDisplay().ToText();

    private double PageTrim()
    {
        double[] falling = [.. Root.All().Skip(1).Select(n => n.CumulativeProbability).OrderDescending()];
        return falling.Length <= DrawnNodes ? 0 : Math.BitIncrement(falling[DrawnNodes]);
    }

    private string Words()
    {
        var prompt = string.Concat(PromptTexts.Select((t, i) => GhostPositions.Contains(i) ? "⟨ghost⟩" : t));
        var end = End switch
        {
            DefinitionTreeEnd.TooManyNodes => "; there are more, these are the likeliest (MaxNodes)",
            DefinitionTreeEnd.Cancelled => "; it was cancelled before it was complete",
            _ => "",
        };
        return string.Create(CultureInfo.InvariantCulture, $"{prompt}…\n{Root.Count:N0} nodes, {Root.Depth} tokens deep at most, each with a probability of {Options.Cutoff:0.######} or more{end}.");
    }

    private static string Percent(double probability) => probability switch
    {
        >= 0.01 => (100 * probability).ToString("0.#", CultureInfo.InvariantCulture) + " %",
        >= 0.00001 => (100 * probability).ToString("0.###", CultureInfo.InvariantCulture) + " %",
        _ => probability.ToString("0.#e0", CultureInfo.InvariantCulture),
    };
}
