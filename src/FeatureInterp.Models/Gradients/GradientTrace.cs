namespace FeatureInterp.Models;

/// <summary>The hooks at which a gradient run does something, resolved against what the run passes.</summary>
internal sealed class GradientTrace
{
    private readonly Dictionary<HookPoint, GradientStop> _stops = [];

    /// <summary>Resolves names.</summary>
    /// <param name="model">The model.</param>
    /// <param name="at">Where values and gradients are kept.</param>
    /// <param name="edits">Changes on the way.</param>
    /// <param name="range">The layers that are run.</param>
    /// <param name="hasLogits">Whether the run goes on to the logits.</param>
    /// <exception cref="HookException">A name that this run does not pass, or no name at all.</exception>
    public GradientTrace(Transformer model, HookSelection? at, IReadOnlyList<GradientEdit>? edits, LayerRange range, bool hasLogits)
    {
        var name = hasLogits && range == LayerRange.Whole(model) ? model.Name : $"this run of {model.Name}";
        HookPoint[] available = [.. model.HookPoints.Where(p => range.Reaches(p) && (hasLogits || p.Site <= HookSite.ResidPost))];
        foreach (var point in (at ?? HookSelection.None).Resolve(available, name))
            Stop(point).IsKept = true;
        foreach (var edit in edits ?? [])
        {
            foreach (var point in new HookSelection(edit.Hook).Resolve(available, name))
                Stop(point).Add(edit);
        }

        if (_stops.Count == 0)
            throw new HookException("A gradient run needs a hook to go back to; name one in the argument 'at', such as blocks.0.hook_resid_post.");
        var layers = _stops.Keys.Where(p => p.Site.IsPerLayer()).Select(p => p.Layer).DefaultIfEmpty(range.Stop).ToArray();
        ReachesEmbedding = _stops.Keys.Any(p => p.Site < HookSite.ResidPre);
        LowestLayer = ReachesEmbedding ? range.Start : layers.Min();
        Edits = [.. _stops.Values.Select(s => new Edit(s.Point.ToString(), value => s.Pass(value, Run?.Tape)))];
    }

    /// <summary>The run whose tape notes what passes.</summary>
    public ForwardPass? Run { get; set; }

    /// <summary>What makes the hooks of a run pass the values on to here.</summary>
    public IReadOnlyList<Edit> Edits { get; }

    /// <summary>The stops.</summary>
    public IReadOnlyCollection<GradientStop> Stops => _stops.Values;

    /// <summary>The lowest block that a gradient enters from above; the block the run stops before when none.</summary>
    public int LowestLayer { get; }

    /// <summary>Whether a gradient of the embedding is wanted.</summary>
    public bool ReachesEmbedding { get; }

    /// <summary>Whether a gradient goes back through this block, wholly or in part.</summary>
    public bool Enters(int layer) => layer >= LowestLayer && !EndsAfter(layer);

    /// <summary>Whether this is the lowest block and nothing is wanted of it but what it leaves: the gradient need not enter it.</summary>
    public bool EndsAfter(int layer) =>
        layer == LowestLayer && !ReachesEmbedding && _stops.Keys.All(p => p.Site == HookSite.ResidPost || p.Layer > layer || !p.Site.IsPerLayer());

    /// <summary>The stop at the end of a block, if there is one.</summary>
    public GradientStop? After(int layer) => _stops.GetValueOrDefault(new HookPoint(HookSite.ResidPost, layer));

    /// <summary>Values and gradients that were kept, in the order in which a run reaches the hooks.</summary>
    public (Activations Values, Activations Gradients) Kept(Transformer model)
    {
        var (values, gradients) = (new Activations(), new Activations());
        foreach (var point in model.HookPoints)
        {
            if (!_stops.TryGetValue(point, out var stop) || !stop.IsKept)
                continue;
            values.Add(point, stop.Value!);
            gradients.Add(point, stop.Gradient!);
        }

        return (values, gradients);
    }

    private GradientStop Stop(HookPoint point)
    {
        if (!_stops.TryGetValue(point, out var stop))
            _stops.Add(point, stop = new GradientStop(point));
        return stop;
    }
}
