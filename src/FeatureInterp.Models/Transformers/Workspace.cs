using FeatureInterp.Tensors;

namespace FeatureInterp.Models;

/// <summary>
/// The intermediate results of a run, kept from layer to layer and from run to run: fresh memory costs more (the system clears
/// its pages) than the arithmetic that fills it.
/// </summary>
internal sealed class Workspace
{
    private readonly Dictionary<string, float[]> _buffers = new(StringComparer.Ordinal);

    /// <summary>The buffer of this name in this shape; it holds whatever it held before.</summary>
    public Tensor Get(string name, params ReadOnlySpan<int> shape)
    {
        var length = 1;
        foreach (var size in shape)
            length = checked(length * size);
        if (!_buffers.TryGetValue(name, out var buffer) || buffer.Length < length)
            _buffers[name] = buffer = GC.AllocateUninitializedArray<float>(length);
        return new Tensor(buffer.AsMemory(0, length), shape);
    }
}
