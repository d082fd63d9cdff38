using FeatureInterp.Tensors;

namespace FeatureInterp.Models;

/// <summary>
/// What all lines of a sweep have in common: the blocks below the first change for the whole prompt, and the blocks above for the
/// positions before the first change. Computed without hooks, once.
/// </summary>
internal sealed class SweepTrunk
{
    private SweepTrunk(int layer, int positions, Tensor? residual, KvCache cache, Tensor? logits, Activations kept)
    {
        (Layer, Positions, Residual, Cache, Logits, Kept) = (layer, positions, residual, cache, logits, kept);
    }

    /// <summary>The first block that lines run for themselves; −1 when they differ from the embedding on and nothing is shared.</summary>
    public int Layer { get; }

    /// <summary>The positions whose upper blocks are shared too.</summary>
    public int Positions { get; }

    /// <summary>What enters that block, or would leave the one before if no hook stood there, [pos, d_model].</summary>
    public Tensor? Residual { get; }

    /// <summary>Keys and values: of the lower blocks for the whole prompt, of the upper ones for the shared positions.</summary>
    public KvCache Cache { get; }

    /// <summary>The shared positions' logits, [position, d_vocab], where they were asked for.</summary>
    public Tensor? Logits { get; }

    /// <summary>What was kept in the lower blocks.</summary>
    public Activations Kept { get; }

    /// <summary>
    /// The block from which on a change at a hook is felt: the next one for what leaves a block. −1 for the embedding.
    /// </summary>
    public static int LayerOf(HookPoint point, int layers) => point.Site switch
    {
        HookSite.ResidPost => point.Layer + 1,
        _ when point.Site.IsPerLayer() => point.Layer,
        _ => point.Site < HookSite.ResidPre ? -1 : layers,
    };

    /// <summary>
    /// How many positions can be shared when the first change is at <paramref name="first"/>: a step of one token rounds in another way
    /// than a step of several, so neither part of the prompt may be a single token.
    /// </summary>
    public static int PositionsBefore(int first, int length)
    {
        var shared = Math.Min(first, length - 2);
        return shared < 2 ? 0 : shared;
    }

    /// <summary>Runs what is shared.</summary>
    public static SweepTrunk Run(Transformer model, int[] tokens, int layer, int positions, IReadOnlyList<HookPoint> keep, bool everyLogit, CancellationToken cancellation)
    {
        var cache = new KvCache(model.Config, 1);
        if (layer < 0)
            return new SweepTrunk(layer, 0, null, cache, null, new Activations());
        var layers = model.Config.Layers;
        Tensor residual;
        Activations kept;
        if (layer == layers)
        {
            // The last block's output is not given back by a run that goes on to the logits: it is kept on the way.
            (residual, kept) = ToTheEnd(model, tokens, keep, cache, cancellation);
        }
        else
        {
            var lower = model.Run(tokens, capture: new HookSelection(keep.Select(p => p.ToString())), stopAtLayer: layer, cache: cache, cancellation: cancellation);
            (residual, kept) = (lower.Residual, lower.Activations);
        }

        Tensor? logits = null;
        if (positions > 0)
        {
            cache.Rewind(0);
            var upper = model.Run(tokens[..positions], startAtLayer: layer, residual: residual.Rows(0, positions), cache: cache, logits: everyLogit ? LogitsAt.Every : LogitsAt.Last, cancellation: cancellation);
            logits = everyLogit ? upper.Logits[0] : null;
        }

        cache.Rewind(positions);
        return new SweepTrunk(layer, positions, residual, cache, logits, kept);
    }

    /// <summary>Whether lines that begin at this block and position can go on from here.</summary>
    public bool Serves(int layer, int positions, bool everyLogit) =>
        Layer <= layer && Positions <= positions && (Positions == 0 || !everyLogit || Logits is not null);

    private static (Tensor Residual, Activations Kept) ToTheEnd(Transformer model, int[] tokens, IReadOnlyList<HookPoint> keep, KvCache cache, CancellationToken cancellation)
    {
        var last = new HookPoint(HookSite.ResidPost, model.Config.Layers - 1);
        var run = model.Run(tokens, capture: new HookSelection(keep.Append(last).Distinct().Select(p => p.ToString())), cache: cache, logits: LogitsAt.Last, cancellation: cancellation);
        var kept = new Activations();
        foreach (var point in run.Activations.Points.Where(keep.Contains))
            kept.Add(point, run.Activations[point]);
        return (run.Activations[last][0], kept);
    }
}
