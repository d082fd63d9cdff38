using FeatureInterp.Tensors;

namespace FeatureInterp.Models;

/// <summary>A hook at which a gradient run does something: changes the value, keeps it and its gradient, or both.</summary>
/// <param name="point">The hook.</param>
internal sealed class GradientStop(HookPoint point)
{
    private readonly List<GradientEdit> _edits = [];
    private readonly List<Pullback?> _pullbacks = [];
    private Tensor[]? _after;

    public HookPoint Point => point;

    /// <summary>Whether value and gradient are kept.</summary>
    public bool IsKept { get; set; }

    /// <summary>Whether the value is changed.</summary>
    public bool IsEdited => _edits.Count > 0;

    /// <summary>The value, after what was changed.</summary>
    public Activation? Value { get; private set; }

    /// <summary>The gradient of that value.</summary>
    public Activation? Gradient { get; private set; }

    public void Add(GradientEdit edit) => _edits.Add(edit);

    /// <summary>The value passes: for the first time it is changed, and again, when its block is computed once more, it becomes what it was then.</summary>
    /// <param name="value">The value.</param>
    /// <param name="tape">The tape that is running, if any.</param>
    public void Pass(HookValue value, Tape? tape)
    {
        if (_after is null)
            First(value);
        else
            Again(value);
        tape?.AddNeeded(() => Arrive(Of(value, tape)));
    }

    /// <summary>The gradient of the value arrives: it is kept, then taken back through what was changed, in place.</summary>
    public void Arrive(HookValue gradient)
    {
        if (IsKept)
            Gradient = gradient.Keep();
        for (var i = _pullbacks.Count - 1; i >= 0; i--)
            _pullbacks[i]?.Invoke(gradient);
    }

    private void First(HookValue value)
    {
        foreach (var edit in _edits)
            _pullbacks.Add(edit.Apply(value));
        if (IsKept)
            Value = value.Keep();
        _after = IsEdited ? [.. Enumerable.Range(0, value.Count).Select(p => value[p].Clone())] : [];
    }

    private static HookValue Of(HookValue value, Tape tape) => value.Rows is { } rows
        ? new HookValue(value.Point, value.Batch, Of(rows, tape))
        : new HookValue(value.Point, value.Batch, [.. Enumerable.Range(0, value.Count).Select(p => Of(value[p], tape))]);

    // Zeros where nothing flows: a pullback may still add something.
    private static Tensor Of(Tensor value, Tape tape)
    {
        if (tape.Of(value) is { } gradient)
            return gradient;
        gradient = tape.Room(value.Shape);
        gradient.Span.Clear();
        tape.Give(value, gradient);
        return gradient;
    }

    private void Again(HookValue value)
    {
        for (var p = 0; p < _after!.Length; p++)
            _after[p].Span.CopyTo(value[p].Span);
    }
}
