using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace FeatureInterp.Tensors;

/// <summary>
/// An fp32 array that can be written as a <see cref="Tensor"/> and multiplied with as a <see cref="Weight"/>: both show the same memory. For
/// what is trained; a kernel must not run on the view while the values are being changed.
/// </summary>
public sealed unsafe class WritableWeight
{
    private const int LineFloats = 16;

    /// <summary>An array of zeros.</summary>
    /// <param name="name">Its name, for messages and files.</param>
    /// <param name="shape">The size of each dimension.</param>
    /// <exception cref="ArgumentException">A dimension is negative.</exception>
    /// <exception cref="OverflowException">There are more elements than an array can hold.</exception>
    public WritableWeight(string name, params ReadOnlySpan<int> shape)
    {
        var count = 1;
        var sizes = new long[shape.Length];
        for (var i = 0; i < shape.Length; i++)
        {
            count = checked(count * shape[i]);
            sizes[i] = shape[i];
        }

        if (count < 0)
            throw new ArgumentException($"A dimension cannot be negative: {Tensor.Format(shape)}.", nameof(shape));

        // Pinned, and from the beginning of a cache line on.
        var memory = GC.AllocateArray<float>(checked(count + LineFloats), pinned: true);
        var start = (float*)Unsafe.AsPointer(ref MemoryMarshal.GetArrayDataReference(memory));
        var skip = (int)((LineFloats - (nint)start / sizeof(float) % LineFloats) % LineFloats);
        Values = new Tensor(memory.AsMemory(skip, count), shape);
        View = new Weight(name, DType.F32, sizes, (byte*)(start + skip), memory);
    }

    /// <summary>The elements, to be read and written.</summary>
    public Tensor Values { get; }

    /// <summary>The same elements for the kernels that multiply.</summary>
    public Weight View { get; }

    /// <inheritdoc/>
    public override string ToString() => View.ToString();
}
