using FeatureInterp.Tensors;

namespace FeatureInterp.Models;

/// <summary>
/// Forward through the layers, then back. Of each block that a gradient goes back through either the tape is held, or only the residual stream
/// that entered it: then the block is computed once more, with a tape, just before the gradient goes back through it.
/// </summary>
internal sealed class GradientPass
{
    private readonly Transformer _model;
    private readonly ForwardPass _run;
    private readonly GradientTrace _trace;
    private readonly TapeMemory _memory = new();
    private readonly Tape[] _tapes;
    private readonly Tensor?[] _entering;
    private readonly Tape _ends;
    private readonly bool _hasLogits;
    private readonly bool _holdsTapes;
    private Tape? _embedding;
    private Tensor? _x;

    /// <summary>Makes ready.</summary>
    /// <param name="model">The model.</param>
    /// <param name="run">The step.</param>
    /// <param name="trace">Where something is wanted.</param>
    /// <param name="hasLogits">Whether the run goes on to the logits.</param>
    /// <param name="holdsTapes">Whether blocks' tapes are held; else blocks are computed twice. The numbers are the same.</param>
    public GradientPass(Transformer model, ForwardPass run, GradientTrace trace, bool hasLogits, bool holdsTapes)
    {
        (_model, _run, _trace, _hasLogits, _holdsTapes) = (model, run, trace, hasLogits, holdsTapes);
        trace.Run = run;
        _ends = new Tape(_memory);
        _tapes = new Tape[run.StopLayer];
        _entering = new Tensor?[run.StopLayer];
    }

    /// <summary>Logits, or the residual stream where the run stops.</summary>
    public Tensor Forward()
    {
        _run.Tape = _embedding = _trace.ReachesEmbedding ? new Tape(_memory) : null;
        _x = _model.Enter(_run);                                                    // [row, d_model]
        for (var layer = _run.StartLayer; layer < _run.StopLayer; layer++)
        {
            _run.Cancellation.ThrowIfCancellationRequested();
            _run.Tape = null;
            if (_trace.Enters(layer))
                Prepare(layer, _x);
            _model.RunBlock(_run, layer, _x);
        }

        _run.Tape = null;
        if (!_hasLogits)
            return _x.Clone();
        _run.Tape = _ends;
        var logits = _model.RunUnembed(_run, _x);
        _run.Tape = null;
        return logits;
    }

    /// <summary>Takes the gradient of what <see cref="Forward"/> gave back to every hook where something is wanted.</summary>
    /// <param name="output">What it gave.</param>
    /// <param name="gradient">Its gradient; no longer the caller's.</param>
    public void Back(Tensor output, Tensor gradient)
    {
        var d = gradient;                                                           // dL/dx, [row, d_model]
        if (_hasLogits)
        {
            _ends.Give(output, gradient);
            d = Through(_ends, isLast: _trace.LowestLayer == _run.StopLayer);
        }

        for (var layer = _run.StopLayer - 1; layer >= _trace.LowestLayer; layer--)
        {
            _run.Cancellation.ThrowIfCancellationRequested();
            if (_trace.EndsAfter(layer))
            {
                _trace.After(layer)?.Arrive(new HookValue(new HookPoint(HookSite.ResidPost, layer), _run.Batch, d));
                return;
            }

            var tape = _holdsTapes ? _tapes[layer] : Again(layer);
            tape.Give(_x!, d);
            d = Through(tape, isLast: layer == _trace.LowestLayer && !_trace.ReachesEmbedding);
        }

        if (_embedding is { } embedding)
        {
            embedding.Give(_x!, d);
            Through(embedding, isLast: true);
        }
    }

    /// <summary>Gives back the memory of the tapes.</summary>
    public void Close() => _memory.Close();

    private void Prepare(int layer, Tensor x)
    {
        if (_holdsTapes)
            _run.Tape = _tapes[layer] = new Tape(_memory);
        else
            x.Span.CopyTo((_entering[layer] = _memory.Rent(x.Shape)).Span);
    }

    private Tape Again(int layer)
    {
        var entering = _entering[layer]!;
        entering.Span.CopyTo(_x!.Span);
        _memory.Return(entering);
        _run.Tape = _ends;
        _model.RunBlock(_run, layer, _x);
        _run.Tape = null;
        return _ends;
    }

    // The gradient of the residual stream below; zeros when nothing flows there.
    private Tensor Through(Tape tape, bool isLast)
    {
        tape.Back(whole: !isLast);
        if (tape.Take(_x!) is { } d)
            return d;
        d = tape.Room(_x!.Shape);
        d.Span.Clear();
        return d;
    }
}
