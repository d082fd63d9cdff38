using FeatureInterp.Tensors;

namespace FeatureInterp.Models;

/// <summary>
/// What a gradient run remembers of a stretch of the forward pass: for each step, how a gradient goes back through it. The forward
/// pass works on a few named pieces of memory, many steps in place; a gradient therefore belongs to a piece of memory and is that of
/// the value it held at the time: going back, a step in place changes it, and the step that wrote the value first takes it away.
/// </summary>
internal sealed class Tape(TapeMemory memory)
{
    private readonly List<Action> _steps = [];
    private readonly List<Tensor> _kept = [];
    private readonly Dictionary<Memory<float>, Tensor> _gradients = [];
    private int _firstNeeded = int.MaxValue;

    /// <summary>Notes how a gradient goes back through the step just taken.</summary>
    /// <param name="back">Takes gradients of what the step wrote and gives gradients to what it read.</param>
    public void Add(Action back) => _steps.Add(back);

    /// <summary>As <see cref="Add"/>, for a step that must be reached going back; those before the first of these are left out.</summary>
    public void AddNeeded(Action back)
    {
        _firstNeeded = Math.Min(_firstNeeded, _steps.Count);
        Add(back);
    }

    /// <summary>A copy of a value, there until the tape has been run back: later steps write over the value itself.</summary>
    public Tensor Keep(Tensor value)
    {
        var copy = Room(value.Shape);
        value.Span.CopyTo(copy.Span);
        _kept.Add(copy);
        return copy;
    }

    /// <summary>Room for a gradient; it holds whatever it held before.</summary>
    public Tensor Room(params ReadOnlySpan<int> shape) => memory.Rent(shape);

    /// <summary>Hands room back that is no longer looked at.</summary>
    public void Free(Tensor room) => memory.Return(room);

    /// <summary>The gradient of a value so far, to be changed in place; null when nothing flows there.</summary>
    public Tensor? Of(Tensor value) => _gradients.TryGetValue(value.Memory, out var gradient) ? Shaped(gradient, value) : null;

    /// <summary>The gradient of a value, now that the step that wrote it first is reached; it is the caller's to give on or to free.</summary>
    public Tensor? Take(Tensor value) => _gradients.Remove(value.Memory, out var gradient) ? Shaped(gradient, value) : null;

    /// <summary>Adds to the gradient of a value.</summary>
    /// <param name="value">What a step read.</param>
    /// <param name="gradient">As many numbers; no longer the caller's.</param>
    public void Give(Tensor value, Tensor gradient)
    {
        if (_gradients.TryAdd(value.Memory, gradient))
            return;
        var sum = _gradients[value.Memory];
        Kernels.Add(sum.Span, gradient.Span, sum.Span);
        Free(gradient);
    }

    /// <summary>Runs the steps back, last first, down to the first that must be reached, or with <paramref name="whole"/> all of them.</summary>
    public void Back(bool whole)
    {
        for (var step = _steps.Count - 1; step >= (whole ? 0 : Math.Min(_firstNeeded, _steps.Count)); step--)
            _steps[step]();
        _steps.Clear();
        _firstNeeded = int.MaxValue;
        foreach (var copy in _kept)
            Free(copy);
        _kept.Clear();
    }

    private static Tensor Shaped(Tensor gradient, Tensor value) =>
        gradient.Shape.SequenceEqual(value.Shape) ? gradient : gradient.Reshape(value.Shape);
}
