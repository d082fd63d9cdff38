using System.Globalization;

namespace FeatureInterp.Tensors;

/// <summary>
/// A dense fp32 array of known shape, row-major: the last index runs fastest, so element <c>[i, j]</c> of a
/// <c>[rows, columns]</c> tensor is <c>Span[i * columns + j]</c>. The garbage collector owns the memory; views made by
/// <see cref="Reshape"/> and <see cref="this[int]"/> share it.
/// </summary>
public sealed class Tensor
{
    private readonly int[] _shape;

    /// <summary>Wraps memory the caller already holds.</summary>
    /// <param name="data">The elements, row-major.</param>
    /// <param name="shape">The size of each dimension; their product must be the length of <paramref name="data"/>.</param>
    /// <exception cref="ArgumentException">The product of <paramref name="shape"/> is not the number of elements.</exception>
    public Tensor(Memory<float> data, params ReadOnlySpan<int> shape)
    {
        if (CountOf(shape) != data.Length)
            throw new ArgumentException($"{data.Length} elements do not fill a tensor of shape {Format(shape)}.", nameof(shape));
        Memory = data;
        _shape = shape.ToArray();
    }

    /// <summary>A new tensor of zeros.</summary>
    /// <param name="shape">The size of each dimension; none gives a scalar.</param>
    public static Tensor Zeros(params ReadOnlySpan<int> shape) => new(new float[CountOf(shape)], shape);

    /// <summary>A new tensor whose elements are whatever the memory held: for results that are written whole.</summary>
    /// <param name="shape">The size of each dimension.</param>
    public static Tensor Uninitialized(params ReadOnlySpan<int> shape) =>
        new(GC.AllocateUninitializedArray<float>(CountOf(shape)), shape);

    /// <summary>The size of each dimension.</summary>
    public ReadOnlySpan<int> Shape => _shape;

    /// <summary>The number of dimensions; 0 for a scalar.</summary>
    public int Rank => _shape.Length;

    /// <summary>The number of elements.</summary>
    public int Length => Memory.Length;

    /// <summary>The elements, row-major.</summary>
    public Memory<float> Memory { get; }

    /// <summary>The elements, row-major.</summary>
    public Span<float> Span => Memory.Span;

    /// <summary>The view that fixes the first index: of a <c>[batch, pos, d]</c> tensor, <c>t[1]</c> is <c>[pos, d]</c>.</summary>
    /// <param name="index">The first index.</param>
    /// <exception cref="ArgumentOutOfRangeException">The tensor is a scalar or has no such row.</exception>
    public Tensor this[int index]
    {
        get
        {
            if (Rank == 0 || (uint)index >= (uint)_shape[0])
                throw new ArgumentOutOfRangeException(nameof(index), $"Index {index} is not in a tensor of shape {Format(_shape)}.");
            var size = Length / _shape[0];
            return new Tensor(Memory.Slice(index * size, size), _shape.AsSpan(1));
        }
    }

    /// <summary>The elements of one row of the first dimension, without a view being made: for loops over many rows.</summary>
    /// <param name="index">The first index.</param>
    /// <exception cref="ArgumentOutOfRangeException">The tensor is a scalar or has no such row.</exception>
    public Span<float> Row(int index)
    {
        if (Rank == 0 || (uint)index >= (uint)_shape[0])
            throw new ArgumentOutOfRangeException(nameof(index), $"Index {index} is not in a tensor of shape {Format(_shape)}.");
        var size = Length / _shape[0];
        return Span.Slice(index * size, size);
    }

    /// <summary>One element.</summary>
    /// <param name="first">The first index.</param>
    /// <param name="rest">The other indices, one for each further dimension.</param>
    /// <exception cref="ArgumentOutOfRangeException">Too few, too many or too large indices.</exception>
    public float this[int first, params ReadOnlySpan<int> rest]
    {
        get => Span[Offset(first, rest)];
        set => Span[Offset(first, rest)] = value;
    }

    /// <summary>The same elements under another shape.</summary>
    /// <param name="shape">The new shape, of the same number of elements.</param>
    /// <exception cref="ArgumentException">The new shape has another number of elements.</exception>
    public Tensor Reshape(params ReadOnlySpan<int> shape) => new(Memory, shape);

    /// <summary>Rows <paramref name="start"/> to <paramref name="start"/> + <paramref name="count"/> of the first dimension, as a view.</summary>
    /// <param name="start">The first row.</param>
    /// <param name="count">The number of rows.</param>
    public Tensor Rows(int start, int count)
    {
        if (Rank == 0 || start < 0 || count < 0 || start > _shape[0] - count)
            throw new ArgumentOutOfRangeException(nameof(start), $"Rows {start} to {start + count} are not in a tensor of shape {Format(_shape)}.");
        var size = _shape[0] == 0 ? 0 : Length / _shape[0];
        return new Tensor(Memory.Slice(start * size, count * size), [count, .. _shape.AsSpan(1)]);
    }

    /// <summary>A copy that shares nothing with this tensor.</summary>
    public Tensor Clone() => new(Memory.ToArray(), _shape);

    /// <inheritdoc/>
    public override string ToString() => "Tensor " + Format(_shape);

    /// <summary>A shape as it is written in messages: <c>[2, 5, 256]</c>.</summary>
    /// <param name="shape">The size of each dimension.</param>
    public static string Format(ReadOnlySpan<int> shape)
    {
        var parts = new string[shape.Length];
        for (var i = 0; i < parts.Length; i++)
            parts[i] = shape[i].ToString(CultureInfo.InvariantCulture);
        return "[" + string.Join(", ", parts) + "]";
    }

    private int Offset(int first, ReadOnlySpan<int> rest)
    {
        if (rest.Length + 1 != Rank || (uint)first >= (uint)_shape[0])
            throw new ArgumentOutOfRangeException(nameof(first), $"Index {Format([first, .. rest])} is not in a tensor of shape {Format(_shape)}.");
        var offset = first;
        for (var i = 0; i < rest.Length; i++)
        {
            if ((uint)rest[i] >= (uint)_shape[i + 1])
                throw new ArgumentOutOfRangeException(nameof(first), $"Index {Format([first, .. rest])} is not in a tensor of shape {Format(_shape)}.");
            offset = offset * _shape[i + 1] + rest[i];
        }

        return offset;
    }

    private static int CountOf(ReadOnlySpan<int> shape)
    {
        var count = 1;
        foreach (var size in shape)
        {
            if (size < 0)
                throw new ArgumentException($"A dimension cannot be negative: {Format(shape)}.", nameof(shape));
            count = checked(count * size);
        }

        return count;
    }
}
