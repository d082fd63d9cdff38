namespace FeatureInterp.Tensors;

/// <summary>How one element of a weight file is stored. Names are those of the safetensors format.</summary>
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
}

/// <summary>What is known of each <see cref="DType"/>.</summary>
public static class DTypes
{
    /// <summary>The number of bytes of one element.</summary>
    /// <param name="dtype">The element type.</param>
    public static int Size(this DType dtype) => dtype switch
    {
        DType.F64 or DType.I64 => 8,
        DType.F32 or DType.I32 => 4,
        DType.BF16 or DType.F16 or DType.I16 => 2,
        DType.I8 or DType.U8 or DType.Bool => 1,
        _ => throw new ArgumentOutOfRangeException(nameof(dtype), dtype, "Not an element type of a weight file."),
    };
}
