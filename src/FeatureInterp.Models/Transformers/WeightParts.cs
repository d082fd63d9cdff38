using FeatureInterp.Tensors;

namespace FeatureInterp.Models;

/// <summary>A matrix [out, in] cut into runs of outputs that one thread multiplies at a time.</summary>
internal sealed class WeightParts
{
    // Small enough to stay in a second-level cache while several rows meet it, large enough to hide what starting a part costs.
    private const int Bytes = 128 << 10;

    // Kernels take outputs several at a time; cut elsewhere, an output might be summed in another order.
    private const int Alignment = 64;

    private readonly Weight[] _parts;
    private readonly int _outputs;

    public WeightParts(Weight weight)
    {
        var row = Math.Max(1, weight.RowCount == 0 ? 1 : weight.RowBytes(0).Length);
        _outputs = Math.Max(Alignment, Bytes / row / Alignment * Alignment);
        _parts = new Weight[(weight.RowCount + _outputs - 1) / _outputs];
        for (var i = 0; i < _parts.Length; i++)
            _parts[i] = weight.Rows(i * _outputs, Math.Min(_outputs, weight.RowCount - i * _outputs));
    }

    /// <summary>The number of parts.</summary>
    public int Count => _parts.Length;

    /// <summary>A part and its first output.</summary>
    public (Weight Part, int First) this[int index] => (_parts[index], index * _outputs);
}
