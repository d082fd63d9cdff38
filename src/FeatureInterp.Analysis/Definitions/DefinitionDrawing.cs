namespace FeatureInterp.Analysis;

/// <summary>A token of a drawn tree.</summary>
/// <param name="Path">The token ids from below the root down to it.</param>
/// <param name="Node">The node.</param>
/// <param name="Width">
/// The width of the edge to it, 1 + 32·((ln p − ln pmin)/(ln pmax − ln pmin))^2.5 over the drawn nodes, p the cumulative probability; null when they have one
/// probability only. Definition: the SAE feature multitool, which draws with Graphviz.
/// </param>
public sealed record DrawnNode(IReadOnlyList<int> Path, DefinitionNode Node, double? Width);

/// <summary>What of a definition tree is drawn, and how wide its edges are.</summary>
public sealed class DefinitionDrawing
{
    private const double Widest = 32;
    private const double Exponent = 2.5;

    private DefinitionDrawing(DefinitionNode root, IReadOnlyList<DrawnNode> nodes) => (Root, Nodes) = (root, nodes);

    /// <summary>The tree without what is not drawn.</summary>
    public DefinitionNode Root { get; }

    /// <summary>The drawn nodes, each before its children; the root is not among them.</summary>
    public IReadOnlyList<DrawnNode> Nodes { get; }

    /// <summary>Chooses what to draw.</summary>
    /// <param name="root">The tree.</param>
    /// <param name="trim">Nodes of a smaller cumulative probability vanish with all below them; the multitool's value is 1e-4.</param>
    /// <param name="hidden">Texts that vanish with all below them; none if left out.</param>
    public static DefinitionDrawing Of(DefinitionNode root, double trim = 0, IReadOnlyCollection<string>? hidden = null)
    {
        var kept = root.Trim(trim, hidden);
        var logs = kept.All().Skip(1).Select(n => Math.Log(n.CumulativeProbability)).ToArray();
        var (least, most) = logs.Length == 0 ? (0, 0) : (logs.Min(), logs.Max());
        var nodes = new List<DrawnNode>(logs.Length);
        Walk(kept, []);
        return new DefinitionDrawing(kept, nodes);

        void Walk(DefinitionNode node, int[] path)
        {
            foreach (var child in node.Children)
            {
                int[] below = [.. path, child.TokenId!.Value];
                double? width = most > least ? 1 + Widest * Math.Pow((Math.Log(child.CumulativeProbability) - least) / (most - least), Exponent) : null;
                nodes.Add(new DrawnNode(below, child, width));
                Walk(child, below);
            }
        }
    }
}
