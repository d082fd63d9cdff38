using FeatureInterp.Models;
using FeatureInterp.Saes;
using FeatureInterp.Tensors;

namespace FeatureInterp.Analysis;

/// <summary>
/// Runs of some prompts with a unit clamped to one value and another: a feature by an <see cref="Intervention"/>, a neuron by an edit of its hook. What does not depend on the value
/// is computed once.
/// </summary>
internal sealed class ClampedRuns
{
    private readonly Transformer _model;
    private readonly Unit _unit;
    private readonly int[][] _prompts;
    private readonly SaeReplay? _replay;                                     // of a feature
    private readonly HookPoint _neurons;                                     // of a neuron
    private readonly Tensor? _stream;                                        // what enters the neuron's block, [row, d_model]

    /// <summary>Runs the prompts up to the unit.</summary>
    /// <param name="model">The model.</param>
    /// <param name="unit">The feature or neuron.</param>
    /// <param name="prompts">Token ids, a list a prompt.</param>
    /// <param name="errorTerm">Whether the SAE's error stays in the stream; without it the clean run, too, goes through the SAE.</param>
    /// <param name="beforeActivation">Whether a neuron is set at <c>mlp.hook_pre</c>, before its activation function.</param>
    /// <param name="cancellation">Looked at before each block.</param>
    public ClampedRuns(Transformer model, Unit unit, int[][] prompts, bool errorTerm, bool beforeActivation, CancellationToken cancellation)
    {
        (_model, _unit, _prompts) = (model, unit, prompts);
        _neurons = new HookPoint(beforeActivation ? HookSite.MlpPre : HookSite.MlpPost, unit.Layer);
        if (unit.Sae is { } sae)
            _replay = new SaeReplay(model, sae, prompts, errorTerm, cancellation);
        else if (unit.Layer > 0)
            _stream = model.Run(prompts, stopAtLayer: unit.Layer, cancellation: cancellation).Residual;
    }

    /// <summary>All prompts clamped to the first value, then to the second, and so on: one batch.</summary>
    /// <param name="values">The values; null for the unit as it is.</param>
    /// <param name="leaves">Tokens at which the unit is left as it is; null for none.</param>
    /// <param name="cancellation">Looked at before each block.</param>
    public RunResult Clamped(IReadOnlyList<float?> values, Func<int, bool>? leaves, CancellationToken cancellation)
    {
        if (_replay is not null)
        {
            var positions = Array.ConvertAll(_prompts, p => Positions(p, leaves));
            return _replay.Run(values.Count, (v, p) => positions[p] is { } at && values[v] is { } value ? [Intervention.Clamp(_unit.Index, value) with { Positions = at }] : [], cancellation: cancellation);
        }

        int[][] batch = [.. Enumerable.Repeat(_prompts, values.Count).SelectMany(p => p)];
        var clamp = new Edit(_neurons.ToString(), value =>
        {
            for (var p = 0; p < value.Count; p++)
            {
                var rows = value[p];
                for (var i = 0; i < rows.Shape[0] && values[p / _prompts.Length] is { } clamped; i++)
                {
                    if (leaves is null || !leaves(value.Batch[p][i]))
                        rows.Row(i)[_unit.Index] = clamped;
                }
            }
        });
        Tensor? stream = null;
        if (_stream is not null)
        {
            stream = Tensor.Uninitialized(_stream.Shape[0] * values.Count, _stream.Shape[1]);
            for (var v = 0; v < values.Count; v++)
                _stream.Span.CopyTo(stream.Span[(v * _stream.Length)..]);
        }

        return _model.Run(batch, edit: [clamp], startAtLayer: _unit.Layer, residual: stream, cancellation: cancellation);
    }

    // Null where every token is left as it is.
    private static InterventionPositions? Positions(int[] prompt, Func<int, bool>? leaves)
    {
        int[] at = leaves is null ? [] : [.. Enumerable.Range(0, prompt.Length).Where(i => !leaves(prompt[i]))];
        return leaves is null || at.Length == prompt.Length ? InterventionPositions.All : at.Length == 0 ? null : InterventionPositions.At(at);
    }
}
