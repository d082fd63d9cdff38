namespace FeatureInterp.Tensors;

/// <summary>Brings an array with any strides into row-major order.</summary>
internal static unsafe class StridedCopy
{
    private const int Tile = 32;

    /// <summary>
    /// <c>destination[i₀, i₁, …] = source[Σ iₖ·strideₖ]</c>, the destination row-major. The caller has checked that every
    /// element lies in the source.
    /// </summary>
    /// <param name="source">The element with all indices 0; any alignment.</param>
    /// <param name="destination">Receives the product of the dimensions in elements.</param>
    /// <param name="elementSize">1, 2, 4 or 8 bytes.</param>
    /// <param name="shape">The dimensions, at most <see cref="ArrayShape.MaxRank"/>.</param>
    /// <param name="strides">The distance of neighbours in each dimension, in elements.</param>
    public static void ToRowMajor(byte* source, byte* destination, int elementSize, ReadOnlySpan<long> shape, ReadOnlySpan<long> strides)
    {
        switch (elementSize)
        {
            case 1: Copy(source, destination, shape, strides); break;
            case 2: Copy((ushort*)source, (ushort*)destination, shape, strides); break;
            case 4: Copy((uint*)source, (uint*)destination, shape, strides); break;
            case 8: Copy((ulong*)source, (ulong*)destination, shape, strides); break;
            default: throw new ArgumentOutOfRangeException(nameof(elementSize), elementSize, "Not the size of an element.");
        }
    }

    private static void Copy<T>(T* source, T* destination, ReadOnlySpan<long> shape, ReadOnlySpan<long> strides)
        where T : unmanaged
    {
        foreach (var size in shape)
        {
            if (size == 0)
                return;
        }

        var outer = Math.Max(shape.Length - 2, 0);
        var (rows, rowStride) = shape.Length < 2 ? (1, 0) : (shape[^2], strides[^2]);
        var (columns, columnStride) = shape.Length < 1 ? (1, 0) : (shape[^1], strides[^1]);
        Span<long> index = stackalloc long[ArrayShape.MaxRank];
        index.Clear();
        while (true)
        {
            long offset = 0;
            for (var k = 0; k < outer; k++)
                offset += index[k] * strides[k];
            CopyMatrix(source + offset, destination, rows, rowStride, columns, columnStride);
            destination += rows * columns;

            var dimension = outer - 1;
            while (dimension >= 0 && ++index[dimension] == shape[dimension])
                index[dimension--] = 0;
            if (dimension < 0)
                return;
        }
    }

    // In tiles, so that a transposed source is not fetched again for every row.
    private static void CopyMatrix<T>(T* source, T* destination, long rows, long rowStride, long columns, long columnStride)
        where T : unmanaged
    {
        for (long top = 0; top < rows; top += Tile)
        {
            var bottom = Math.Min(top + Tile, rows);
            for (long left = 0; left < columns; left += Tile)
            {
                var right = Math.Min(left + Tile, columns);
                for (var row = top; row < bottom; row++)
                {
                    for (var column = left; column < right; column++)
                        destination[(row * columns) + column] = source[(row * rowStride) + (column * columnStride)];
                }
            }
        }
    }
}
