namespace FeatureInterp.Tensors;

/// <summary>What a weight file claims of an array's shape, checked before anything is made of it.</summary>
internal static class ArrayShape
{
    /// <summary>The most dimensions an array may have.</summary>
    public const int MaxRank = 16;

    /// <summary>
    /// The bytes of an array: the product of its dimensions × bytes of an element. A dimension, and a row in bytes, must fit 31
    /// bits, as <see cref="Weight"/> counts rows and their elements so.
    /// </summary>
    /// <exception cref="WeightFileException">Too many dimensions, a negative or too large one, or a product that overflows.</exception>
    public static long Bytes(string path, string name, DType dtype, ReadOnlySpan<long> shape)
    {
        if (shape.Length > MaxRank)
            throw new WeightFileException(path, $"'{name}' has {shape.Length} dimensions, at most {MaxRank} can be read; the file is damaged or of another kind.");
        long bytes = dtype.Size(), rowBytes = bytes;
        for (var i = 0; i < shape.Length; i++)
        {
            if (shape[i] is < 0 or > int.MaxValue)
                throw new WeightFileException(path, $"'{name}' has the shape {Format(shape)}, and a dimension is a number from 0 to {int.MaxValue}; the file is damaged, or the array has to be split.");
            if (!TryMultiply(ref bytes, shape[i]) || (i > 0 && !TryMultiply(ref rowBytes, shape[i])))
                throw new WeightFileException(path, $"'{name}' has the shape {Format(shape)}, more elements than a file can hold; the file is damaged.");
        }

        return rowBytes <= int.MaxValue || bytes == 0
            ? bytes
            : throw new WeightFileException(path, $"'{name}' has the shape {Format(shape)}, rows of {rowBytes} bytes where at most {int.MaxValue} can be read; the file is damaged, or the array has to be split.");
    }

    /// <summary>Row-major strides in elements: the product of the dimensions that follow.</summary>
    public static long[] RowMajorStrides(ReadOnlySpan<long> shape)
    {
        var strides = new long[shape.Length];
        long stride = 1;
        for (var i = shape.Length - 1; i >= 0; i--)
        {
            strides[i] = stride;
            stride *= shape[i];
        }

        return strides;
    }

    /// <summary>The shape as text, for messages.</summary>
    public static string Format(ReadOnlySpan<long> shape) => "[" + string.Join(", ", shape.ToArray()) + "]";

    private static bool TryMultiply(ref long product, long factor)
    {
        var wide = (Int128)product * factor;
        product = (long)wide;
        return wide <= long.MaxValue;
    }
}
