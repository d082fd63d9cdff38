using FeatureInterp.Models;

namespace FeatureInterp.Analysis;

/// <summary>
/// A tree while it grows. The likeliest leaves are run first, several as one batch behind the keys and values of their paths, which are held from the run
/// that found them. Where there are more nodes than allowed the least likely go, so which stay does not depend on the batches.
/// </summary>
internal sealed class TreeGrowth
{
    private readonly DefinitionTreeOptions _options;
    private readonly int _placeholder;
    private readonly int _maxDepth;
    private readonly Bud _root = new(null, -1, 1, 1, 0, 0);
    private readonly PriorityQueue<Bud, (double, int)> _waiting = new();
    private List<Bud> _nodes = [];
    private int _born;

    public TreeGrowth(DefinitionTreeOptions options, int placeholder, int maxDepth)
    {
        (_options, _placeholder, _maxDepth) = (options, placeholder, maxDepth);
    }

    /// <summary>The nodes so far.</summary>
    public int Count => _nodes.Count;

    /// <summary>Whether nodes were dropped because there were too many.</summary>
    public bool IsFull { get; private set; }

    /// <summary>The largest cumulative probability among the leaves that may still grow; 0 when none may.</summary>
    public double Next => _waiting.TryPeek(out var bud, out _) ? bud.Cumulative : 0;

    /// <summary>The number of leaves that may still grow.</summary>
    public int Waiting => _waiting.Count;

    /// <summary>Puts the prompt's prediction under the root.</summary>
    public void Begin(ReadOnlySpan<float> logits, KvCache cache)
    {
        Branch(_root, logits, (cache, 0));
        Prune();
    }

    /// <summary>Runs the likeliest leaves.</summary>
    /// <param name="run">Runs one token for each prompt behind a cache, and gives back their last logits.</param>
    /// <returns>Whether there was any.</returns>
    public bool Step(Func<int[][], KvCache, RunResult> run)
    {
        var leaves = new List<Bud>();
        while (leaves.Count < _options.LeavesAtOnce && _waiting.TryDequeue(out var bud, out _))
        {
            if (!bud.IsGone)
                leaves.Add(bud);
        }

        if (leaves.Count == 0)
            return false;
        var cache = KvCache.Gather([.. leaves.Select(l => l.Behind!.Value)]);
        RunResult result;
        try
        {
            result = run([.. leaves.Select(l => (int[])[l.Token])], cache);
        }
        catch (OperationCanceledException)
        {
            leaves.ForEach(Wait);
            throw;
        }

        for (var i = 0; i < leaves.Count; i++)
        {
            leaves[i].Behind = null;
            Branch(leaves[i], result.LastLogits(i).Span, (cache, i));
        }

        Prune();
        return true;
    }

    /// <summary>The tree as it is.</summary>
    public DefinitionNode Finish(Transformer model)
    {
        return Build(_root);

        DefinitionNode Build(Bud bud) => new(
            bud.Parent is null ? null : bud.Token,
            bud.Parent is null ? "" : FeatureMap.Texts(model, [bud.Token])[0],
            bud.Conditional,
            bud.Cumulative,
            [.. bud.Children.Select(Build)]);
    }

    private void Branch(Bud parent, ReadOnlySpan<float> logits, (KvCache, int) behind)
    {
        foreach (var (token, p) in NextTokens.Likeliest(logits, _options.Branches, _placeholder))
        {
            var cumulative = parent.Cumulative * p;
            if (cumulative < _options.Cutoff)
                continue;
            var child = new Bud(parent, token, p, cumulative, parent.Depth + 1, _born++) { Behind = behind };
            parent.Children.Add(child);
            _nodes.Add(child);
            if (child.Depth < _maxDepth)
                Wait(child);
        }
    }

    private void Wait(Bud bud) => _waiting.Enqueue(bud, (-bud.Cumulative, bud.Order));

    // A child is never likelier than its parent, and of equal ones the parent is nearer the root, so no node loses its parent.
    private void Prune()
    {
        if (_nodes.Count <= _options.MaxNodes)
            return;
        IsFull = true;
        _nodes = [.. _nodes.OrderByDescending(n => n.Cumulative).ThenBy(n => n.Depth).ThenBy(n => n, PathOrder.Instance)];
        foreach (var gone in _nodes.Skip(_options.MaxNodes))
        {
            gone.IsGone = true;
            gone.Behind = null;
            gone.Parent!.Children.Remove(gone);
        }

        _nodes.RemoveRange(_options.MaxNodes, _nodes.Count - _options.MaxNodes);
    }

    private sealed class Bud(Bud? parent, int token, double conditional, double cumulative, int depth, int order)
    {
        public Bud? Parent => parent;

        public int Token => token;

        public double Conditional => conditional;

        public double Cumulative => cumulative;

        public int Depth => depth;

        public int Order => order;

        public List<Bud> Children { get; } = [];

        /// <summary>The cache of the run that found it, and which prompt of it: what its own token is run behind.</summary>
        public (KvCache Cache, int Prompt)? Behind { get; set; }

        public bool IsGone { get; set; }
    }

    // By the tokens of the path, so that ties fall the same way whatever was run first.
    private sealed class PathOrder : IComparer<Bud>
    {
        public static readonly PathOrder Instance = new();

        public int Compare(Bud? x, Bud? y) => Path(x!).AsSpan().SequenceCompareTo(Path(y!));

        private static int[] Path(Bud bud)
        {
            var path = new int[bud.Depth];
            for (var b = bud; b.Parent is not null; b = b.Parent)
                path[b.Depth - 1] = b.Token;
            return path;
        }
    }
}
