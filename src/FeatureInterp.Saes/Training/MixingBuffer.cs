using FeatureInterp.Tensors;

namespace FeatureInterp.Saes;

/// <summary>
/// Holds a number of activations and hands them out shuffled; when half are used up it fills itself from the source again, and goes back to the source's beginning as
/// often as it must.
/// </summary>
internal sealed class MixingBuffer
{
    private readonly IActivationSource _source;
    private readonly TrainingRandom _random;
    private readonly int[] _order;          // the first _live are the slots of activations still to be handed out, the others are free
    private Tensor? _pending;               // what the source gave and there was no room for
    private int _live;

    public MixingBuffer(IActivationSource source, int capacity, TrainingRandom random)
    {
        (_source, _random) = (source, random);
        Slots = Tensor.Zeros(capacity, source.Width);
        _order = [.. Enumerable.Range(0, capacity)];
    }

    /// <summary>The activations, used or not, [slot, width].</summary>
    public Tensor Slots { get; private set; }

    /// <summary>How often the source began again.</summary>
    public long Epochs { get; private set; }

    /// <summary>The next rows.batch activations.</summary>
    public void Take(Tensor batch, CancellationToken cancellation)
    {
        var rows = batch.Shape[0];
        if (_live < Math.Max(rows, _order.Length / 2))
            Fill(cancellation);
        for (var r = 0; r < rows; r++)
            Slots.Row(_order[--_live]).CopyTo(batch.Row(r));
    }

    /// <summary>Fills up and shuffles.</summary>
    public void Fill(CancellationToken cancellation)
    {
        while (_live < _order.Length)
        {
            var block = _pending ?? Read(cancellation);
            var count = Math.Min(block.Shape[0], _order.Length - _live);
            for (var r = 0; r < count; r++)
                block.Row(r).CopyTo(Slots.Row(_order[_live++]));
            _pending = count < block.Shape[0] ? block.Rows(count, block.Shape[0] - count) : null;
        }

        _random.Shuffle(_order);
    }

    /// <summary>Adds all that is needed to go on as before.</summary>
    public void Save(TrainingState state)
    {
        state.Add("buffer.slots", Slots);
        state.Add("buffer.order", [.. _order.Select(o => (long)o)]);
        state.Add("buffer.counts", [_live, Epochs, _source.Position, _pending?.Shape[0] ?? 0]);
        if (_pending is not null)
            state.Add("buffer.pending", _pending);
    }

    /// <summary>Becomes what was saved.</summary>
    public void Restore(TrainingState state)
    {
        Slots = state.Tensor("buffer.slots", Slots.Shape[0], Slots.Shape[1]);
        var order = state.Integers("buffer.order", _order.Length);
        var counts = state.Integers("buffer.counts", 4);
        if (!order.Order().SequenceEqual(Enumerable.Range(0, order.Length).Select(i => (long)i)))
            throw state.Fault("'buffer.order' is not an order of the buffer's slots");
        if (counts[0] < 0 || counts[0] > _order.Length || counts[3] is < 0 or > int.MaxValue)
            throw state.Fault("'buffer.counts' makes no sense");
        for (var i = 0; i < order.Length; i++)
            _order[i] = (int)order[i];
        (_live, Epochs) = ((int)counts[0], counts[1]);
        _pending = counts[3] > 0 ? state.Tensor("buffer.pending", (int)counts[3], Slots.Shape[1]) : null;
        _source.Seek(counts[2]);
    }

    private Tensor Read(CancellationToken cancellation)
    {
        cancellation.ThrowIfCancellationRequested();
        var block = _source.Next(cancellation);
        if (block is null)
        {
            _source.Seek(0);
            Epochs++;
            block = _source.Next(cancellation) ?? throw new SaeException("The source has no activations; is every token of it a special one?");
        }

        if (block.Rank != 2 || block.Shape[1] != Slots.Shape[1] || block.Length == 0)
            throw new SaeException($"The source gave {block}, but its activations have {Slots.Shape[1]} values each.");
        for (var r = 0; r < block.Shape[0]; r++)
        {
            if (!float.IsFinite(TensorPrimitives.SumOfMagnitudes<float>(block.Row(r))))
                throw new SaeException($"An activation before position {_source.Position} of the source holds NaN or an infinity; an SAE cannot be trained on it.");
        }

        return block;
    }
}
