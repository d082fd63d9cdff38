using FeatureInterp.Tensors;

namespace FeatureInterp.Models;

/// <summary>The splices of one run, by the hook they write, and for those that read another, what was there.</summary>
internal sealed class RunSplices
{
    private readonly Dictionary<HookPoint, Standing> _byHook = [];
    private readonly Dictionary<HookPoint, List<Standing>> _byInput = [];

    /// <summary>Puts splices into a model.</summary>
    /// <exception cref="HookException">Two are to stand at one hook, or one reads what comes after the hook it writes.</exception>
    public RunSplices(Transformer model, IReadOnlyList<ISplice> splices)
    {
        foreach (var splice in splices)
        {
            splice.CheckFits(model);
            if (_byHook.TryGetValue(splice.Hook, out var other))
                throw new HookException($"{splice.Hook}: two SAEs ({other.Splice.Name} and {splice.Name}) cannot stand at one hook; leave one out.");
            var standing = new Standing(splice, splice.Begin(model));
            _byHook.Add(splice.Hook, standing);
            if (splice.Input == splice.Hook)
                continue;
            CheckOrder(model, splice);
            if (!_byInput.TryGetValue(splice.Input, out var readers))
                _byInput.Add(splice.Input, readers = []);
            readers.Add(standing);
        }
    }

    /// <summary>The hooks that splices read or write.</summary>
    public IEnumerable<HookPoint> Touched => _byHook.Keys.Concat(_byInput.Keys);

    /// <summary>The splice at a hook, its inside included; null for none.</summary>
    public ISplice? At(HookPoint point) => _byHook.GetValueOrDefault(point with { Sae = SaeSite.None })?.Splice;

    /// <summary>The hooks of a run over these layers, in order: the model's, or what stands in their place.</summary>
    /// <param name="model">The model.</param>
    /// <param name="range">The layers.</param>
    /// <param name="name">What to call such a run.</param>
    /// <exception cref="HookException">The run does not pass a splice's hooks.</exception>
    public List<HookPoint> Available(Transformer model, LayerRange range, string name)
    {
        var points = new List<HookPoint>();
        foreach (var point in model.HookPoints.Where(range.Reaches))
        {
            if (At(point) is { } splice)
                points.AddRange(splice.Points);
            else
                points.Add(point);
        }

        foreach (var (hook, (splice, _)) in _byHook)
        {
            if (!range.Reaches(hook))
                throw HookFaults.NotThere(hook.ToString(), points, name);
            if (!range.Reaches(splice.Input))
                throw new HookException($"{hook}: {splice.Name} reads {splice.Input}, which {name} does not pass because it begins after it; begin the run earlier, or leave the SAE out.");
        }

        return points;
    }

    /// <summary>Replaces a value, if a splice stands there.</summary>
    public bool TryReplace(HookValue value, HookScope hooks)
    {
        if (value.Point.Sae != SaeSite.None || !_byHook.TryGetValue(value.Point, out var standing))
            return false;
        standing.Run.Apply(standing.Input(value), value, hooks);
        return true;
    }

    /// <summary>Lays a value by for the splices that read it: what the model goes on with, after edits and after an SAE that stands there.</summary>
    public void Remember(HookValue value)
    {
        if (value.Point.Sae != SaeSite.None || !_byInput.TryGetValue(value.Point, out var readers))
            return;
        foreach (var reader in readers)
            reader.Remember(value.Rows!);
    }

    /// <summary>The fp32 values that splices need room for: all that is laid by, and the most that one of them works with.</summary>
    /// <param name="config">The model's dimensions.</param>
    /// <param name="rows">The tokens of a step.</param>
    /// <param name="heldTokens">The tokens of all steps.</param>
    /// <param name="hooks">What is looked at.</param>
    public double Room(TransformerConfig config, double rows, double heldTokens, HookScope hooks)
    {
        double laidBy = 0, working = 0;
        foreach (var (hook, (splice, _)) in _byHook)
        {
            var tokens = splice.ReadsEarlierTokens ? Math.Max(rows, heldTokens) : rows;
            laidBy += splice.Input == hook ? 0 : rows * splice.Input.Site.Width(config);
            working = Math.Max(working, tokens * splice.ValuesPerToken(SaeSite.None, hooks));
        }

        return laidBy + working;
    }

    private static void CheckOrder(Transformer model, ISplice splice)
    {
        var order = model.HookPoints.ToList();
        if (order.IndexOf(splice.Input) > order.IndexOf(splice.Hook))
            throw new HookException($"{splice.Hook}: {splice.Name} reads {splice.Input}, which {model.Name} reaches only after the hook that it writes.");
    }

    private sealed record Standing(ISplice Splice, ISpliceRun Run)
    {
        private float[] _room = [];
        private Tensor? _input;

        public void Remember(Tensor rows)
        {
            if (_room.Length < rows.Length)
                _room = GC.AllocateUninitializedArray<float>(rows.Length);
            _input = new Tensor(_room.AsMemory(0, rows.Length), rows.Shape);
            rows.Span.CopyTo(_input.Span);
        }

        public Tensor Input(HookValue value) => Splice.Input == Splice.Hook ? value.Rows! : _input
            ?? throw new InvalidOperationException($"{Splice.Input} was not passed before {Splice.Hook}.");
    }
}
