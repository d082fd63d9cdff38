using FeatureInterp.Tensors;

namespace FeatureInterp.Models;

/// <summary>Lines of a sweep that can run as one batch.</summary>
internal sealed class SweepGroup
{
    // More rows at a time make the products no faster, only the intermediate results larger.
    private const int RowsAtOnce = 4096;

    private readonly Transformer _model;
    private readonly int[] _tokens;
    private readonly HookScope[] _scopes;

    private SweepGroup(Transformer model, int[] tokens, IReadOnlyList<int> lines, HookScope[] scopes, IReadOnlyList<Branch> branches)
    {
        (_model, _tokens, _scopes, Lines) = (model, tokens, scopes, lines);
        Hooks = new HookScope(new HookBranches(scopes));
        var layers = model.Config.Layers;
        Layer = scopes.SelectMany(s => s.Changed).Select(p => SweepTrunk.LayerOf(p, layers)).DefaultIfEmpty(layers).Min();
        Positions = Layer < 0 ? 0 : SweepTrunk.PositionsBefore(lines.Min(l => branches[l].FirstOf(tokens.Length)), tokens.Length);
    }

    /// <summary>The lines' numbers.</summary>
    public IReadOnlyList<int> Lines { get; }

    /// <summary>Each line's hooks.</summary>
    public HookScope Hooks { get; }

    /// <summary>The first block that differs from line to line; see <see cref="SweepTrunk.Layer"/>.</summary>
    public int Layer { get; }

    /// <summary>The positions before the first change that can be shared.</summary>
    public int Positions { get; }

    /// <summary>What is to be kept in the blocks that are shared.</summary>
    public IReadOnlyList<HookPoint> KeptBelow => [.. Hooks.Captured.Where(p => IsBelow(p, Layer))];

    /// <summary>
    /// The lines, grouped so that looking at a value for one does not change how another is rounded: where a hook wants something to
    /// be computed head by head, only lines that want it too may take part.
    /// </summary>
    public static IReadOnlyList<SweepGroup> Of(Transformer model, int[] tokens, IReadOnlyList<Branch> branches, HookSelection? capture)
    {
        var scopes = branches.Select(b => new HookScope(model, capture, b.Edits, b.Splices)).ToArray();
        return [.. Enumerable.Range(0, scopes.Length)
            .GroupBy(i => string.Join(' ', scopes[i].Changed.Where(p => p.Site.IsOptIn()).Select(p => p with { Sae = SaeSite.None }).Distinct().Select(p => p.ToString()).Order(StringComparer.Ordinal)), StringComparer.Ordinal)
            .Select(g => new SweepGroup(model, tokens, [.. g], [.. g.Select(i => scopes[i])], branches))];
    }

    /// <summary>Refuses a run that memory will not hold.</summary>
    public void CheckMemory(long cachedTokens) => Plan(LogitsAt.Last, cachedTokens).Check(_model, Lines.Count * _tokens.Length);

    /// <summary>Runs the lines from where they part.</summary>
    /// <param name="trunk">What they share.</param>
    /// <param name="cache">Receives their keys and values; null when they are not needed later.</param>
    /// <param name="logits">Which positions need logits.</param>
    /// <param name="cancellation">Looked at before each block.</param>
    public IReadOnlyList<RunResult> Run(SweepTrunk trunk, KvCache? cache, LogitsAt logits, CancellationToken cancellation)
    {
        if (cache is null)
            Plan(logits, 0).Check(_model, Lines.Count * _tokens.Length);
        cache ??= trunk.Positions > 0 ? trunk.Cache.Fork(Lines.Count) : null;
        var (rest, results) = (_tokens[trunk.Positions..], new RunResult[Lines.Count]);
        var together = Math.Max(1, RowsAtOnce / rest.Length);
        for (var first = 0; first < results.Length; first += together)
        {
            var end = Math.Min(results.Length, first + together);
            var outputs = Step(trunk, rest, first, end, cache, logits, cancellation);
            for (var i = first; i < end; i++)
                results[i] = Result(i, trunk, outputs.Logits[i]);
        }

        return results;
    }

    // The other lines take part without tokens, so that numbers stay what they are.
    private RunResult Step(SweepTrunk trunk, int[] rest, int first, int end, KvCache? cache, LogitsAt logits, CancellationToken cancellation)
    {
        var tokens = Lines.Select((_, i) => i >= first && i < end ? rest : []).ToArray();
        var batch = new TokenBatch(tokens, [.. Lines.Select(_ => trunk.Positions)], [.. Lines.Select(_ => _tokens.Length)]);
        if (trunk.Residual is not { } residual)
            return _model.Step(Hooks, batch, LayerRange.Whole(_model), null, cache, logits, cancellation);
        var from = residual.Rows(trunk.Positions, rest.Length);
        var x = Tensor.Uninitialized(batch.RowCount, _model.Config.DModel);       // [row, d_model]
        for (var i = 0; i < end - first; i++)
            from.Span.CopyTo(x.Span[(i * from.Length)..]);
        if (trunk.Layer > 0)
        {
            Hooks.Begin(batch);
            Hooks.At(HookSite.ResidPost, trunk.Layer - 1, x);
        }

        var layers = _model.Config.Layers;
        return _model.Step(Hooks, batch, new LayerRange(trunk.Layer, layers, layers, Resumes: true), x, cache, logits, cancellation);
    }

    private RunResult Result(int line, SweepTrunk trunk, Tensor logits)
    {
        if (trunk is { Positions: > 0, Logits: { } shared } && logits.Shape[0] > 1)
        {
            var all = Tensor.Uninitialized(_tokens.Length, logits.Shape[1]);
            shared.Span.CopyTo(all.Span);
            logits.Span.CopyTo(all.Span[shared.Length..]);
            logits = all;
        }

        var kept = new Activations();
        foreach (var below in trunk.Kept.Points)
            kept.Add(below, trunk.Kept[below]);
        foreach (var own in _scopes[line].Activations.Points)
            kept.Add(own, _scopes[line].Activations[own]);
        return new RunResult(_model, new TokenBatch([_tokens]), isWhole: true, logits, kept);
    }

    // Logits and what is kept are there for all lines at once, intermediate results for those that run together.
    private MemoryPlan Plan(LogitsAt logits, long cachedTokens)
    {
        var all = MemoryPlan.Of(_model, new TokenBatch([.. Lines.Select(_ => _tokens)]), Hooks, logits, cachedTokens);
        var part = MemoryPlan.Of(_model, new TokenBatch([.. Lines.Take(Math.Max(1, RowsAtOnce / _tokens.Length)).Select(_ => _tokens)]), Hooks, logits, cachedTokens);
        return all with { Scores = part.Scores, Work = part.Work };
    }

    private static bool IsBelow(HookPoint point, int layer) =>
        layer >= 0 && (point.Site.IsPerLayer() ? point.Layer < layer && (point.Site != HookSite.ResidPost || point.Layer != layer - 1) : point.Site < HookSite.ResidPre);
}
