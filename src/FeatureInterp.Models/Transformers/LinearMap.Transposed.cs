using System.Buffers;
using FeatureInterp.Tensors;

namespace FeatureInterp.Models;

/// <content>The way back through the map.</content>
internal sealed partial class LinearMap
{
    private int FileOutputs => _inputFirst ? _weight.RowLength : _weight.RowCount;

    /// <summary>dx = dy·Wᵀ: the gradient of what the map was given. A row comes out the same alone and among others.</summary>
    /// <param name="dy">[row, out]</param>
    /// <param name="dx">Receives [row, in].</param>
    public void ApplyTransposed(ReadOnlySpan<float> dy, Span<float> dx)
    {
        if (_outputs is null)
        {
            MultiplyTransposed(dy, dx);
            return;
        }

        var length = dy.Length / Outputs * FileOutputs;
        var rented = ArrayPool<float>.Shared.Rent(length);
        var all = rented.AsSpan(0, length);
        all.Clear();
        PutOutputs(dy, all);
        MultiplyTransposed(all, dx);
        ArrayPool<float>.Shared.Return(rented);
    }

    /// <summary>Puts values of the map's outputs where the file's matrix has these outputs; the reverse of <see cref="TakeOutputs(Tensor, Tensor)"/>, without the bias.</summary>
    /// <param name="y">[row, out]</param>
    /// <param name="all">[row, all outputs]</param>
    public void PutOutputs(ReadOnlySpan<float> y, Span<float> all)
    {
        var runs = _runs ??= Runs();
        for (int from = 0, to = 0; from < y.Length; from += Outputs, to += FileOutputs)
        {
            foreach (var run in runs)
                y.Slice(from + run.To, run.Length).CopyTo(all[(to + run.From)..]);
        }
    }

    private void MultiplyTransposed(ReadOnlySpan<float> dy, Span<float> dx)
    {
        if (!_inputFirst)
            Kernels.MatMul(dy, _weight, dx);                                        // W is [out, in]
        else if (dx.Length > Inputs)
            Kernels.Linear(dy, _weight, dx);                                        // W is [in, out]
        else
            TransposedAsOneOfMany(dy, dx);
    }

    private void TransposedAsOneOfMany(ReadOnlySpan<float> dy, Span<float> dx)
    {
        var (twice, both) = (ArrayPool<float>.Shared.Rent(2 * dy.Length), ArrayPool<float>.Shared.Rent(2 * dx.Length));
        dy.CopyTo(twice);
        dy.CopyTo(twice.AsSpan(dy.Length));
        Kernels.Linear(twice.AsSpan(0, 2 * dy.Length), _weight, both.AsSpan(0, 2 * dx.Length));
        both.AsSpan(0, dx.Length).CopyTo(dx);
        ArrayPool<float>.Shared.Return(twice);
        ArrayPool<float>.Shared.Return(both);
    }
}
