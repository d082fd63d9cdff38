using FeatureInterp.Tensors;

namespace FeatureInterp.Models;

/// <summary>Memory of a gradient run, used again from block to block: fresh memory costs more than the arithmetic that fills it.</summary>
internal sealed class TapeMemory
{
    private readonly Dictionary<int, Stack<Memory<float>>> _free = [];

    /// <summary>Room in this shape; it holds whatever it held before.</summary>
    public Tensor Rent(ReadOnlySpan<int> shape)
    {
        var length = 1;
        foreach (var size in shape)
            length = checked(length * size);
        return new Tensor(_free.TryGetValue(length, out var free) && free.TryPop(out var room) ? room : GC.AllocateUninitializedArray<float>(length), shape);
    }

    /// <summary>Takes room back.</summary>
    public void Return(Tensor room)
    {
        if (!_free.TryGetValue(room.Length, out var free))
            _free.Add(room.Length, free = new Stack<Memory<float>>());
        free.Push(room.Memory);
    }
}
