using FeatureInterp.Models;
using FeatureInterp.Tensors;

namespace FeatureInterp.Saes;

/// <summary>
/// Many interventions on the features of one SAE in the same prompts. What does not depend on them is computed once: the blocks up to the hook the SAE writes, and the SAE itself.
/// A feature adds a·W_dec[f] to what the SAE writes, so changing it to b adds (b − a)·W_dec[f], and no run has to encode again. What comes out is, but for rounding, what
/// <see cref="Interventions.Intervene"/> gives in a whole run. Where features are not added like that (SAEs that scale their input, decoders rescaled by their norms,
/// temporal SAEs, hooks outside the blocks) the SAE takes part in every run.
/// </summary>
public sealed class SaeReplay
{
    private readonly Transformer _model;
    private readonly SparseAutoencoder _sae;
    private readonly bool _errorTerm;
    private readonly int[][] _prompts;
    private readonly int _layer;                                             // where the runs start
    private readonly Tensor? _residual;                                      // what enters there, [row, d_model]; null for the embeddings
    private readonly Tensor? _output;                                        // what the SAE writes with nothing changed, [row, d_out]; null where it takes part
    private readonly Tensor? _input;                                         // what it reads, [row, d_in]
    private readonly bool _entersHere;                                       // whether that is what enters at _layer
    private readonly Dictionary<int, (float[] Activations, float[] Direction)> _features = [];

    /// <summary>Runs the prompts as far as they have something in common.</summary>
    /// <param name="model">The model.</param>
    /// <param name="sae">The SAE; it fits the model.</param>
    /// <param name="prompts">The prompts' token ids, taken as they are.</param>
    /// <param name="errorTerm">Whether what the SAE fails to reconstruct is added back.</param>
    /// <param name="cancellation">Looked at before each block.</param>
    /// <exception cref="SaeException">The SAE does not fit the model.</exception>
    /// <exception cref="PromptException">A prompt is empty, too long, or has a token outside the vocabulary.</exception>
    public SaeReplay(Transformer model, SparseAutoencoder sae, IReadOnlyList<int[]> prompts, bool errorTerm, CancellationToken cancellation = default)
    {
        sae.For(model);
        (_model, _sae, _errorTerm, _prompts) = (model, sae, errorTerm, [.. prompts]);
        HookPoint read = sae.Config.Hook, written = sae.HookWritten;
        var inBlocks = IsInBlocks(read) && IsInBlocks(written);
        var isAdded = sae.Config is { Normalization: SaeNormalization.None, Temporal: null, TopK: null or { RescaleByDecoderNorm: false } };
        // Behind the last block a run gives logits, so there the last block takes part.
        var after = read == written && read.BlocksBefore is { } count && count < model.Config.Layers ? count : (int?)null;
        _layer = !inBlocks ? 0 : isAdded && after is { } blocks ? blocks : isAdded ? written.Layer : Math.Min(read.Layer, written.Layer);
        var reads = isAdded && inBlocks && after is null;
        var below = _layer > 0 ? model.Run(_prompts, capture: reads && read.Layer < _layer ? (HookSelection)read.ToString() : null, stopAtLayer: _layer, cancellation: cancellation) : null;
        _residual = below?.Residual;
        if (!isAdded || !inBlocks)
            return;
        if (after is not null)
        {
            _input = _residual ?? model.Run(_prompts, stopAtLayer: 0, cancellation: cancellation).Residual;
            _entersHere = true;
            _output = errorTerm ? _input : sae.Reconstruct(_input, [.. _prompts.Select(p => p.Length)]);
            return;
        }

        var hooks = new HookSelection(((HookPoint[])[read, written]).Where(h => h.Layer == _layer).Distinct().Select(h => h.ToString()));
        var here = model.Run(_prompts, hooks, startAtLayer: _layer, residual: _residual, stopAtLayer: _layer + 1, logits: LogitsAt.Last, cancellation: cancellation).Activations;
        var input = Rows(read.Layer < _layer ? below!.Activations[read] : here[read]);
        _input = sae.Flat(input);
        _output = errorTerm ? Rows(here[written]) : sae.Reconstruct(input);
    }

    /// <summary>The prompts' token ids.</summary>
    public IReadOnlyList<int[]> Prompts => _prompts;

    /// <summary>Runs all prompts once for each line.</summary>
    /// <param name="lines">How many lines.</param>
    /// <param name="change">What is changed in a line and prompt. <see cref="Intervention.ErrorTerm"/> is the replay's own.</param>
    /// <param name="logits">Which positions need logits.</param>
    /// <param name="cancellation">Looked at before each block.</param>
    /// <returns>Lines · prompts, the prompts of the first line first.</returns>
    /// <exception cref="SaeException">A feature that the SAE does not have.</exception>
    /// <exception cref="PromptException">Memory will not hold the run.</exception>
    public RunResult Run(int lines, Func<int, int, IReadOnlyList<Intervention>> change, LogitsAt logits = LogitsAt.Every, CancellationToken cancellation = default)
    {
        int[][] batch = [.. Enumerable.Repeat(_prompts, lines).SelectMany(p => p)];
        IReadOnlyList<Intervention>[] changes = [.. Enumerable.Range(0, batch.Length).Select(i => change(i / _prompts.Length, i % _prompts.Length))];
        Interventions.CheckFeatures(_sae, changes.SelectMany(c => c));
        if (_output is null)
        {
            var branch = _sae.IntervenePerPrompt([.. changes.Select(c => c.Select(i => i with { ErrorTerm = _errorTerm }).ToArray())]);
            ISplice[] splices = branch.IsClean && !_errorTerm ? [_sae.Splice()] : [.. branch.Splices];
            return _model.Run(batch, edit: branch.Edits, splice: splices, startAtLayer: _layer, residual: Repeated(_residual, lines), logits: logits, cancellation: cancellation);
        }

        var outputs = Repeated(_output, lines)!;                             // [line · row, d_out]
        for (int i = 0, row = 0; i < batch.Length; row += batch[i].Length, i++)
        {
            foreach (var intervention in changes[i])
                Apply(intervention, outputs, row, row % _output.Shape[0], batch[i].Length);
        }

        if (_entersHere)
            return _model.Run(batch, startAtLayer: _layer, residual: outputs, logits: logits, cancellation: cancellation);
        var edit = new Edit(_sae.HookWritten.ToString(), value =>
        {
            for (int p = 0, at = 0; p < value.Count; at += value[p].Length, p++)
                outputs.Span.Slice(at, value[p].Length).CopyTo(value[p].Span);
        });
        return _model.Run(batch, edit: [edit], startAtLayer: _layer, residual: Repeated(_residual, lines), logits: logits, cancellation: cancellation);
    }

    // Rows of one prompt of a line; source is where the prompt's rows are in what is known of the SAE.
    private void Apply(Intervention intervention, Tensor outputs, int row, int source, int length)
    {
        var (activations, direction) = Feature(intervention.Feature);
        var amount = (float)intervention.Amount;
        for (var position = 0; position < length; position++)
        {
            if (!intervention.ActsAt(position, length))
                continue;
            var added = intervention.Kind switch
            {
                InterventionKind.Add => amount,
                InterventionKind.Clamp => amount - activations[source + position],
                _ => (amount - 1) * activations[source + position],
            };
            if (added != 0)
                TensorPrimitives.MultiplyAdd(direction, added, outputs.Row(row + position), outputs.Row(row + position));
        }
    }

    private (float[] Activations, float[] Direction) Feature(int feature)
    {
        lock (_features)
        {
            if (!_features.TryGetValue(feature, out var found))
                _features[feature] = found = (_sae.EncodeFeatures(_input!, [feature]).Span.ToArray(), _sae.Direction(feature));
            return found;
        }
    }

    private static bool IsInBlocks(HookPoint hook) => hook.ToString().StartsWith("blocks.", StringComparison.Ordinal);

    // The prompts' rows one after another, heads side by side.
    private static Tensor Rows(Activation value)
    {
        Tensor[] parts = [.. Enumerable.Range(0, value.Count).Select(p => value[p])];
        var rows = parts.Sum(p => p.Shape[0]);
        var all = Tensor.Uninitialized(rows, parts.Sum(p => p.Length) / rows);
        var at = 0;
        foreach (var part in parts)
        {
            part.Span.CopyTo(all.Span[at..]);
            at += part.Length;
        }

        return all;
    }

    private static Tensor? Repeated(Tensor? rows, int times)
    {
        if (rows is null)
            return null;
        var all = Tensor.Uninitialized(rows.Shape[0] * times, rows.Length / rows.Shape[0]);
        for (var t = 0; t < times; t++)
            rows.Span.CopyTo(all.Span[(t * rows.Length)..]);
        return all;
    }
}
