namespace FeatureInterp.Tensors;

/// <summary>
/// How the elements of a weight are stored: one by one, under the names of the safetensors format, or quantised in blocks, under
/// those of GGUF. A block is a run of neighbouring elements of the innermost dimension that share their scales.
/// </summary>
public enum DType
{
    /// <summary>IEEE 754 binary32.</summary>
    F32,

    /// <summary>The upper half of a binary32: 8 exponent bits, 7 fraction bits.</summary>
    BF16,

    /// <summary>IEEE 754 binary16.</summary>
    F16,

    /// <summary>IEEE 754 binary64.</summary>
    F64,

    /// <summary>Signed 64-bit integer, little-endian.</summary>
    I64,

    /// <summary>Signed 32-bit integer, little-endian.</summary>
    I32,

    /// <summary>Signed 16-bit integer, little-endian.</summary>
    I16,

    /// <summary>Signed 8-bit integer.</summary>
    I8,

    /// <summary>Unsigned 8-bit integer.</summary>
    U8,

    /// <summary>One byte, zero or one.</summary>
    Bool,

    /// <summary>Blocks of 32: 8 bits each, one scale.</summary>
    Q8_0,

    /// <summary>Blocks of 32: 4 bits each, one scale.</summary>
    Q4_0,

    /// <summary>Blocks of 32: 4 bits each, one scale, one minimum.</summary>
    Q4_1,

    /// <summary>Blocks of 32: 5 bits each, one scale.</summary>
    Q5_0,

    /// <summary>Blocks of 32: 5 bits each, one scale, one minimum.</summary>
    Q5_1,

    /// <summary>Blocks of 256: 2 bits each, a 4-bit scale and minimum for every 16.</summary>
    Q2_K,

    /// <summary>Blocks of 256: 3 bits each, a 6-bit scale for every 16.</summary>
    Q3_K,

    /// <summary>Blocks of 256: 4 bits each, a 6-bit scale and minimum for every 32.</summary>
    Q4_K,

    /// <summary>Blocks of 256: 5 bits each, a 6-bit scale and minimum for every 32.</summary>
    Q5_K,

    /// <summary>Blocks of 256: 6 bits each, an 8-bit scale for every 16.</summary>
    Q6_K,
}

/// <summary>What is known of each <see cref="DType"/>.</summary>
public static class DTypes
{
    /// <summary>The number of bytes of one element.</summary>
    /// <param name="dtype">An element type that is not stored in blocks.</param>
    /// <exception cref="ArgumentOutOfRangeException">The elements lie in blocks and have no size of their own.</exception>
    public static int Size(this DType dtype) => dtype switch
    {
        DType.F64 or DType.I64 => 8,
        DType.F32 or DType.I32 => 4,
        DType.BF16 or DType.F16 or DType.I16 => 2,
        DType.I8 or DType.U8 or DType.Bool => 1,
        _ => throw new ArgumentOutOfRangeException(nameof(dtype), dtype, "Elements of this type have no size of their own; ask for that of a block."),
    };

    /// <summary>The number of elements stored together: 1 where each stands alone, else 32 or 256.</summary>
    /// <param name="dtype">The element type.</param>
    public static int BlockElements(this DType dtype) => dtype switch
    {
        DType.Q8_0 or DType.Q4_0 or DType.Q4_1 or DType.Q5_0 or DType.Q5_1 => 32,
        DType.Q2_K or DType.Q3_K or DType.Q4_K or DType.Q5_K or DType.Q6_K => 256,
        _ => 1,
    };

    /// <summary>The number of bytes of a block, or of an element where each stands alone.</summary>
    /// <param name="dtype">The element type.</param>
    public static int BlockBytes(this DType dtype) => dtype switch
    {
        DType.Q8_0 => Q8_0.Bytes,
        DType.Q4_0 => Q4_0.Bytes,
        DType.Q4_1 => Q4_1.Bytes,
        DType.Q5_0 => Q5_0.Bytes,
        DType.Q5_1 => Q5_1.Bytes,
        DType.Q2_K => Q2_K.Bytes,
        DType.Q3_K => Q3_K.Bytes,
        DType.Q4_K => Q4_K.Bytes,
        DType.Q5_K => Q5_K.Bytes,
        DType.Q6_K => Q6_K.Bytes,
        _ => dtype.Size(),
    };

    /// <summary>The number of bytes that so many elements take.</summary>
    /// <param name="dtype">The element type.</param>
    /// <param name="elements">How many, whole blocks of them.</param>
    /// <exception cref="OverflowException">More than 2⁶³ − 1 bytes.</exception>
    public static long ByteCount(this DType dtype, long elements) => checked(elements / dtype.BlockElements() * dtype.BlockBytes());

    /// <summary>Whether elements are stored in blocks with common scales.</summary>
    /// <param name="dtype">The element type.</param>
    public static bool IsQuantized(this DType dtype) => dtype.BlockElements() > 1;
}
