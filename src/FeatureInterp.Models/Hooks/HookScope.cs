using FeatureInterp.Tensors;

namespace FeatureInterp.Models;

/// <summary>
/// The hooks of one run: what is kept, changed or replaced, and where. An architecture calls <see cref="At(HookSite, int, Tensor)"/>
/// where a value is born; nothing wanted there costs one look into an array.
/// </summary>
public sealed class HookScope
{
    private readonly bool[] _wanted;
    private readonly Dictionary<HookPoint, List<Edit>> _edits = [];
    private readonly RunSplices? _splices;
    private readonly HashSet<HookPoint> _captured;
    private readonly int _layers;
    private readonly HookBranches? _branches;
    private TokenBatch? _batch;

    /// <summary>Resolves names against what a run over <paramref name="range"/> (the whole model if left out) passes.</summary>
    internal HookScope(Transformer model, HookSelection? capture, IReadOnlyList<Edit>? edits, IReadOnlyList<ISplice>? splices, LayerRange? range = null)
    {
        _layers = model.Config.Layers;
        _splices = splices is { Count: > 0 } ? new RunSplices(model, splices) : null;
        var whole = LayerRange.Whole(model);
        var passed = range ?? whole;
        var name = passed == whole ? model.Name : $"this run of {model.Name}";
        var available = _splices?.Available(model, passed, name) ?? [.. model.HookPoints.Where(passed.Reaches)];
        _captured = (capture ?? HookSelection.None).Resolve(available, name);
        foreach (var edit in edits ?? [])
        {
            foreach (var point in new HookSelection(edit.Hook).Resolve(available, name))
            {
                if (!_edits.TryGetValue(point, out var list))
                    _edits.Add(point, list = []);
                list.Add(edit);
            }
        }

        _wanted = new bool[HookSites.All.Length * _layers];
        foreach (var point in _captured.Concat(_edits.Keys).Concat(_splices?.Touched ?? []))
            _wanted[Slot(point.Site, point.Layer)] = true;
    }

    /// <summary>Hooks that differ from prompt to prompt.</summary>
    internal HookScope(HookBranches branches)
    {
        var first = branches.All[0];
        _branches = branches;
        (_layers, _captured) = (first._layers, first._captured);
        _wanted = new bool[first._wanted.Length];
        for (var slot = 0; slot < _wanted.Length; slot++)
            _wanted[slot] = branches.All.Any(b => b._wanted[slot]);
    }

    /// <summary>What has been kept so far; of a scope with branches each branch has its own.</summary>
    public Activations Activations { get; } = new();

    /// <summary>What is to be kept.</summary>
    internal IReadOnlyCollection<HookPoint> Captured => _captured;

    /// <summary>Where something is changed or replaced, and what a splice reads.</summary>
    internal IEnumerable<HookPoint> Changed => _edits.Keys.Concat(_splices?.Touched ?? []);

    /// <summary>The fp32 values that keeping a hook takes for each token, those inside an SAE included.</summary>
    internal double KeptPerToken(HookPoint point, TransformerConfig config) => _branches?.All[0].KeptPerToken(point, config) ?? (
        point.Sae != SaeSite.None && _splices?.At(point) is { } splice ? splice.ValuesPerToken(point.Sae, this) : point.Site.Width(config));

    /// <summary>The fp32 values that splices need room for, besides what is kept.</summary>
    internal double SpliceRoom(TransformerConfig config, double rows, double heldTokens) => _branches is { All: var all }
        ? all.Sum(b => b.SpliceRoom(config, rows / all.Count, heldTokens / all.Count))
        : _splices?.Room(config, rows, heldTokens, this) ?? 0;

    /// <summary>Whether anything is kept, changed or replaced at this site of this layer.</summary>
    /// <param name="site">The site.</param>
    /// <param name="layer">The block; 0 for a site outside the blocks.</param>
    public bool Wants(HookSite site, int layer = 0) => _wanted[Slot(site, layer)];

    /// <summary>Whether anything is kept or changed at exactly this hook.</summary>
    /// <param name="point">The hook.</param>
    public bool Wants(HookPoint point) => _captured.Contains(point) || Edits(point);

    /// <summary>Whether anything is changed at exactly this hook.</summary>
    /// <param name="point">The hook.</param>
    public bool Edits(HookPoint point) => _edits.ContainsKey(point);

    /// <summary>Whether exactly this hook is kept.</summary>
    /// <param name="point">The hook.</param>
    public bool Captures(HookPoint point) => _captured.Contains(point);

    /// <summary>Keeps a value inside a splice in the splice's own form, in place of passing it; nothing is changed at this hook.</summary>
    /// <param name="point">The hook.</param>
    /// <param name="values">The value.</param>
    /// <exception cref="InvalidOperationException">The hook is edited, so it has to be passed.</exception>
    public void Keep(HookPoint point, IActivationValues values)
    {
        if (Edits(point))
            throw new InvalidOperationException($"{point} is edited in this run, so it has to be passed as a tensor.");
        if (Captures(point))
            Activations.Add(point, new Activation(point.ToString(), values));
    }

    /// <summary>Passes a value with one row a token.</summary>
    /// <param name="site">The site.</param>
    /// <param name="layer">The block.</param>
    /// <param name="rows">[row, …]: the prompts' rows one after another.</param>
    public void At(HookSite site, int layer, Tensor rows)
    {
        if (Wants(site, layer))
            Pass(new HookValue(new HookPoint(site, layer), _batch!, rows));
    }

    /// <summary>Passes attention scores or patterns.</summary>
    /// <param name="site">The site.</param>
    /// <param name="layer">The block.</param>
    /// <param name="prompts">[head, query, key] for each prompt.</param>
    public void At(HookSite site, int layer, Tensor[] prompts)
    {
        if (Wants(site, layer))
            Pass(new HookValue(new HookPoint(site, layer), _batch!, prompts));
    }

    /// <summary>Passes a value inside a splice.</summary>
    /// <param name="point">The hook.</param>
    /// <param name="rows">[row, …]: the prompts' rows one after another.</param>
    public void At(HookPoint point, Tensor rows)
    {
        if (Wants(point))
            Pass(new HookValue(point, _batch!, rows));
    }

    /// <summary>The tokens of the next values.</summary>
    internal void Begin(TokenBatch batch)
    {
        _batch = batch;
        _branches?.Begin(batch);
    }

    // Edits come before keeping, as in TransformerLens: what is kept is what the model goes on with.
    internal void Pass(HookValue value)
    {
        if (_branches is not null)
        {
            _branches.Pass(value);
            return;
        }

        if (_splices is not null && _splices.TryReplace(value, this))
        {
            _splices.Remember(value);
            return;
        }

        if (_edits.TryGetValue(value.Point, out var edits))
        {
            foreach (var edit in edits)
                edit.Apply(value);
        }

        if (_captured.Contains(value.Point))
            Activations.Add(value.Point, value.Keep());
        _splices?.Remember(value);
    }

    private int Slot(HookSite site, int layer) => (int)site * _layers + layer;
}
