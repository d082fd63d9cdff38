namespace FeatureInterp.Analysis;

/// <summary>A token of a definition tree, and how the definition goes on after it.</summary>
/// <param name="TokenId">Its id; null for the root, which stands for the prompt.</param>
/// <param name="Text">Its text; empty for the root, the id in brackets when the model has no tokenizer.</param>
/// <param name="ConditionalProbability">p(token | prompt and the tokens above), 0 to 1; 1 for the root.</param>
/// <param name="CumulativeProbability">The product of the conditional probabilities from the root down to here; 1 for the root.</param>
/// <param name="Children">What comes next, by falling probability.</param>
public sealed record DefinitionNode(int? TokenId, string Text, double ConditionalProbability, double CumulativeProbability, IReadOnlyList<DefinitionNode> Children)
{
    /// <summary>This node and all below it, each before its children.</summary>
    public IEnumerable<DefinitionNode> All()
    {
        var left = new Stack<DefinitionNode>([this]);
        while (left.TryPop(out var node))
        {
            yield return node;
            foreach (var child in node.Children.Reverse())
                left.Push(child);
        }
    }

    /// <summary>The number of tokens below this node.</summary>
    public int Count => All().Count() - 1;

    /// <summary>The number of tokens on the longest way down.</summary>
    public int Depth => Children.Count == 0 ? 0 : 1 + Children.Max(c => c.Depth);

    /// <summary>
    /// The tree without some nodes and all below them: those whose cumulative probability is under a bound, and those whose text is one of a list.
    /// </summary>
    /// <param name="trim">The least cumulative probability that stays, 0 to 1.</param>
    /// <param name="hidden">Texts that vanish, compared letter by letter; none if left out.</param>
    public DefinitionNode Trim(double trim, IReadOnlyCollection<string>? hidden = null) => this with
    {
        Children = [.. Children.Where(c => c.CumulativeProbability >= trim && hidden?.Contains(c.Text, StringComparer.Ordinal) != true).Select(c => c.Trim(trim, hidden))],
    };

    /// <summary>The likeliest ways down as texts, best first: the definitions themselves.</summary>
    /// <param name="count">How many.</param>
    public IReadOnlyList<(string Text, double Probability)> Definitions(int count = 10)
    {
        var found = new List<(string Text, double Probability)>();
        Walk(this, "");
        return [.. found.OrderByDescending(d => d.Probability).Take(count)];

        void Walk(DefinitionNode node, string text)
        {
            if (node.Children.Count == 0)
                found.Add((text, node.CumulativeProbability));
            foreach (var child in node.Children)
                Walk(child, text + child.Text);
        }
    }
}
