using System.Buffers;
using FeatureInterp.Tensors;

namespace FeatureInterp.Models;

/// <summary>
/// Memory of a gradient run, used again from block to block and, by way of the process's pool, from run to run: fresh memory costs more
/// than the arithmetic that fills it.
/// </summary>
internal sealed class TapeMemory
{
    private readonly Dictionary<int, Stack<Memory<float>>> _free = [];
    private readonly List<float[]> _rented = [];

    /// <summary>Room in this shape; it holds whatever it held before.</summary>
    public Tensor Rent(ReadOnlySpan<int> shape)
    {
        var length = 1;
        foreach (var size in shape)
            length = checked(length * size);
        if (_free.TryGetValue(length, out var free) && free.TryPop(out var room))
            return new Tensor(room, shape);
        var array = ArrayPool<float>.Shared.Rent(length);
        _rented.Add(array);
        return new Tensor(array.AsMemory(0, length), shape);
    }

    /// <summary>Takes room back.</summary>
    public void Return(Tensor room)
    {
        if (!_free.TryGetValue(room.Length, out var free))
            _free.Add(room.Length, free = new Stack<Memory<float>>());
        free.Push(room.Memory);
    }

    /// <summary>Gives everything back to the pool at the end of a run; nothing that was rented may be looked at again.</summary>
    public void Close()
    {
        foreach (var array in _rented)
            ArrayPool<float>.Shared.Return(array);
        _rented.Clear();
        _free.Clear();
    }
}
