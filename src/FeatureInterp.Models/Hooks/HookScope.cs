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
    private readonly Dictionary<HookPoint, ISplice> _splices = [];
    private readonly HashSet<HookPoint> _captured;
    private readonly int _layers;
    private readonly LayerRange _range;
    private readonly HookBranches? _branches;
    private TokenBatch? _batch;

    /// <summary>Resolves names against what a run over <paramref name="range"/> (the whole model if left out) passes.</summary>
    internal HookScope(Transformer model, HookSelection? capture, IReadOnlyList<Edit>? edits, IReadOnlyList<ISplice>? splices, LayerRange? range = null)
    {
        _layers = model.Config.Layers;
        _range = range ?? LayerRange.Whole(model);
        foreach (var splice in splices ?? [])
        {
            splice.CheckFits(model);
            if (!_splices.TryAdd(splice.Hook, splice))
                throw new HookException($"{splice.Hook}: two SAEs cannot stand at one hook; leave one out.");
        }

        var name = _range == LayerRange.Whole(model) ? model.Name : $"this run of {model.Name}";
        var available = Available(model, name);
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
        foreach (var point in _captured.Concat(_edits.Keys).Concat(_splices.Keys))
            _wanted[Slot(point.Site, point.Layer)] = true;
    }

    /// <summary>Hooks that differ from prompt to prompt.</summary>
    internal HookScope(HookBranches branches)
    {
        var first = branches.All[0];
        _branches = branches;
        (_layers, _range, _captured) = (first._layers, first._range, first._captured);
        _wanted = new bool[first._wanted.Length];
        for (var slot = 0; slot < _wanted.Length; slot++)
            _wanted[slot] = branches.All.Any(b => b._wanted[slot]);
    }

    /// <summary>What has been kept so far; of a scope with branches each branch has its own.</summary>
    public Activations Activations { get; } = new();

    /// <summary>What is to be kept.</summary>
    internal IReadOnlyCollection<HookPoint> Captured => _captured;

    /// <summary>Where something is changed or replaced.</summary>
    internal IEnumerable<HookPoint> Changed => _edits.Keys.Concat(_splices.Keys);

    /// <summary>The number of values a token has at a hook, those inside an SAE included.</summary>
    internal int WidthOf(HookPoint point, TransformerConfig config) =>
        point.Sae is SaeSite.ActsPre or SaeSite.ActsPost && _splices.TryGetValue(point with { Sae = SaeSite.None }, out var splice) ? splice.FeatureCount : point.Site.Width(config);

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

        if (value.Point.Sae == SaeSite.None && _splices.TryGetValue(value.Point, out var splice))
        {
            splice.Apply(value, this);
            return;
        }

        if (_edits.TryGetValue(value.Point, out var edits))
        {
            foreach (var edit in edits)
                edit.Apply(value);
        }

        if (_captured.Contains(value.Point))
            Activations.Add(value.Point, value.Keep());
    }

    private List<HookPoint> Available(Transformer model, string name)
    {
        var reached = model.HookPoints.Where(_range.Reaches).ToArray();
        var points = new List<HookPoint>();
        foreach (var point in reached)
        {
            if (_splices.TryGetValue(point, out var splice))
                points.AddRange(splice.Points);
            else
                points.Add(point);
        }

        foreach (var splice in _splices.Values)
        {
            if (!reached.Contains(splice.Hook))
                throw HookFaults.NotThere(splice.Hook.ToString(), points, name);
        }

        return points;
    }

    private int Slot(HookSite site, int layer) => (int)site * _layers + layer;
}
