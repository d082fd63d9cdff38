using System.Buffers.Binary;
using System.Runtime.InteropServices;

namespace FeatureInterp.Tensors;

/// <summary>
/// A read-only view of one array of a weight file, in the file's own element type and row-major order. The bytes stay where
/// they are (usually in a memory-mapped file) and are never converted whole: kernels widen them to fp32 as they read. Quantised
/// blocks run along the innermost dimension, so every row is whole blocks; a list of them, of one dimension, is one row.
/// </summary>
public sealed unsafe class Weight
{
    private readonly object _owner;
    private readonly byte* _data;
    private readonly long[] _shape;

    internal Weight(string name, DType dtype, ReadOnlySpan<long> shape, byte* data, object owner)
    {
        Name = name;
        DType = dtype;
        _shape = shape.ToArray();
        _data = data;
        _owner = owner;
        Count = 1;
        foreach (var size in shape)
            Count = checked(Count * size);
        var block = dtype.BlockElements();
        if (block > 1 && (shape.Length == 0 || shape[^1] % block != 0))
            throw new ArgumentException($"'{name}' [{string.Join(", ", _shape)}] is not made of whole blocks of {block} elements, as {dtype} has them.", nameof(shape));
    }

    /// <summary>The name the file gives this array, such as <c>model.layers.0.mlp.up_proj.weight</c>.</summary>
    public string Name { get; }

    /// <summary>How an element is stored.</summary>
    public DType DType { get; }

    /// <summary>The size of each dimension.</summary>
    public ReadOnlySpan<long> Shape => _shape;

    /// <summary>The number of elements.</summary>
    public long Count { get; }

    /// <summary>The number of rows: the first dimension, or 1 for a scalar and for a list of quantised blocks.</summary>
    public int RowCount => _shape.Length == 0 || (_shape.Length == 1 && DType.IsQuantized()) ? 1 : checked((int)_shape[0]);

    /// <summary>The number of elements in a row: the product of all dimensions but the first (of a list of blocks, of that too).</summary>
    public int RowLength => RowCount == 0 ? 0 : checked((int)(Count / RowCount));

    /// <summary>The number of bytes of a row.</summary>
    internal nint RowStride => (nint)DType.ByteCount(RowLength);

    /// <summary>The first byte; valid while this object is reachable, so a kernel ends with <see cref="GC.KeepAlive"/>.</summary>
    internal byte* Pointer => _data;

    /// <summary>The raw bytes of one row.</summary>
    /// <param name="row">The first index.</param>
    /// <exception cref="ArgumentOutOfRangeException">There is no such row.</exception>
    public ReadOnlySpan<byte> RowBytes(int row)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(row);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(row, RowCount);
        var size = checked((int)RowStride);
        return new ReadOnlySpan<byte>(_data + (long)row * size, size);
    }

    /// <summary>Some of the rows, as a view.</summary>
    /// <param name="start">The first row.</param>
    /// <param name="count">How many.</param>
    /// <exception cref="ArgumentOutOfRangeException">There are no such rows.</exception>
    public Weight Rows(int start, int count)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(start);
        ArgumentOutOfRangeException.ThrowIfNegative(count);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(start, RowCount - count);
        var row = RowLength == 0 ? 0 : RowBytes(0).Length;
        return new Weight($"{Name}[{start}..{start + count}]", DType, [count, .. _shape.AsSpan(1)], _data + (long)start * row, _owner);
    }

    /// <summary>Widens one row to fp32 (integers and fp64 are rounded to the nearest fp32; blocks are dequantised as GGUF's own
    /// tools do it, bit for bit).</summary>
    /// <param name="row">The first index.</param>
    /// <param name="destination">Receives <see cref="RowLength"/> values.</param>
    /// <exception cref="ArgumentException"><paramref name="destination"/> is too short.</exception>
    public void CopyRow(int row, Span<float> destination)
    {
        var length = RowLength;
        if (destination.Length < length)
            throw new ArgumentException($"A row of '{Name}' has {length} elements, the destination {destination.Length}.", nameof(destination));
        Widen(RowBytes(row), DType, destination[..length]);
        GC.KeepAlive(this);
    }

    /// <summary>A copy as fp32: for gains, biases and other small arrays, not for matrices.</summary>
    public Tensor ToTensor()
    {
        var shape = new int[_shape.Length];
        for (var i = 0; i < shape.Length; i++)
            shape[i] = checked((int)_shape[i]);
        var tensor = Tensor.Uninitialized(shape);
        for (var row = 0; row < RowCount && RowLength > 0; row++)
            CopyRow(row, tensor.Span.Slice(row * RowLength, RowLength));
        return tensor;
    }

    /// <summary>A copy as 64-bit integers, for token ids and positions.</summary>
    /// <exception cref="InvalidOperationException">The elements are not integers.</exception>
    public long[] ToInt64()
    {
        var bytes = new ReadOnlySpan<byte>(_data, checked((int)DType.ByteCount(Count)));
        var result = new long[Count];
        for (var i = 0; i < result.Length; i++)
        {
            result[i] = DType switch
            {
                DType.I64 => BinaryPrimitives.ReadInt64LittleEndian(bytes[(8 * i)..]),
                DType.I32 => BinaryPrimitives.ReadInt32LittleEndian(bytes[(4 * i)..]),
                DType.I16 => BinaryPrimitives.ReadInt16LittleEndian(bytes[(2 * i)..]),
                DType.I8 => (sbyte)bytes[i],
                DType.U8 or DType.Bool => bytes[i],
                _ => throw new InvalidOperationException($"'{Name}' holds {DType}, not integers."),
            };
        }

        GC.KeepAlive(this);
        return result;
    }

    /// <summary>An array of our own in the form of a weight; the bytes are copied.</summary>
    /// <param name="name">Its name, for messages.</param>
    /// <param name="dtype">How an element is stored.</param>
    /// <param name="bytes">The elements, little-endian, row-major.</param>
    /// <param name="shape">The size of each dimension.</param>
    /// <exception cref="ArgumentException">The bytes do not fill the shape, or the shape is not made of whole blocks.</exception>
    public static Weight FromBytes(string name, DType dtype, ReadOnlySpan<byte> bytes, params ReadOnlySpan<long> shape)
    {
        var owner = new NativeBlock(bytes.Length);
        bytes.CopyTo(new Span<byte>(owner.Pointer, bytes.Length));
        var weight = new Weight(name, dtype, shape, owner.Pointer, owner);
        if (dtype.ByteCount(weight.Count) != bytes.Length)
            throw new ArgumentException($"{bytes.Length} bytes do not fill '{name}', {weight.Count} elements of {dtype}.", nameof(bytes));
        return weight;
    }

    /// <summary>An fp32 array of our own in the form of a weight; the values are copied.</summary>
    /// <param name="name">Its name, for messages.</param>
    /// <param name="values">The elements, row-major.</param>
    /// <param name="shape">The size of each dimension.</param>
    public static Weight FromFloats(string name, ReadOnlySpan<float> values, params ReadOnlySpan<long> shape) =>
        FromBytes(name, DType.F32, MemoryMarshal.AsBytes(values), shape);

    /// <inheritdoc/>
    public override string ToString() => $"{Name} {DType} [{string.Join(", ", _shape)}]";

    private static void Widen(ReadOnlySpan<byte> source, DType dtype, Span<float> destination)
    {
        switch (dtype)
        {
            case var _ when dtype.IsQuantized():
                Blocks.Widen(dtype, source, destination);
                break;
            case DType.F32:
                MemoryMarshal.Cast<byte, float>(source).CopyTo(destination);
                break;
            case DType.BF16:
                var words = MemoryMarshal.Cast<byte, ushort>(source);
                for (var i = 0; i < destination.Length; i++)
                    destination[i] = BitConverter.UInt32BitsToSingle((uint)words[i] << 16);
                break;
            case DType.F16:
                var halves = MemoryMarshal.Cast<byte, Half>(source);
                for (var i = 0; i < destination.Length; i++)
                    destination[i] = (float)halves[i];
                break;
            case DType.F64:
                for (var i = 0; i < destination.Length; i++)
                    destination[i] = (float)BinaryPrimitives.ReadDoubleLittleEndian(source[(8 * i)..]);
                break;
            default:
                for (var i = 0; i < destination.Length; i++)
                {
                    destination[i] = dtype switch
                    {
                        DType.I64 => BinaryPrimitives.ReadInt64LittleEndian(source[(8 * i)..]),
                        DType.I32 => BinaryPrimitives.ReadInt32LittleEndian(source[(4 * i)..]),
                        DType.I16 => BinaryPrimitives.ReadInt16LittleEndian(source[(2 * i)..]),
                        DType.I8 => (sbyte)source[i],
                        _ => source[i],
                    };
                }

                break;
        }
    }

    private sealed class NativeBlock : SafeHandle
    {
        public NativeBlock(int bytes)
            : base(0, ownsHandle: true) => SetHandle((nint)NativeMemory.AlignedAlloc((nuint)Math.Max(bytes, 1), 64));

        public byte* Pointer => (byte*)handle;

        public override bool IsInvalid => handle == 0;

        protected override bool ReleaseHandle()
        {
            NativeMemory.AlignedFree((void*)handle);
            return true;
        }
    }
}
