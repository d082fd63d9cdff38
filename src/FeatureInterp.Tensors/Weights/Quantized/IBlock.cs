using System.Buffers.Binary;

namespace FeatureInterp.Tensors;

/// <summary>
/// A block of quantised elements, as GGUF files hold them: the layout in the doc comment of each format is that of the file,
/// and <see cref="Widen"/> is the formula as it is written there, rounded to fp32 after every operation. All numbers are
/// little-endian; <c>d</c> and <c>m</c> are binary16.
/// </summary>
internal interface IBlock
{
    /// <summary>The elements in a block.</summary>
    static abstract int Elements { get; }

    /// <summary>The bytes they take.</summary>
    static abstract int Size { get; }

    /// <summary>The elements of one block as fp32.</summary>
    static abstract void Widen(ReadOnlySpan<byte> block, Span<float> values);
}

/// <summary>What every block format does: any number of blocks, of a type known only when the program runs.</summary>
internal static class Blocks
{
    /// <summary>The elements of whole blocks as fp32.</summary>
    public static void Widen(DType dtype, ReadOnlySpan<byte> blocks, Span<float> values)
    {
        switch (dtype)
        {
            case DType.Q8_0: WidenAll<Q8_0>(blocks, values); break;
            case DType.Q4_0: WidenAll<Q4_0>(blocks, values); break;
            case DType.Q4_1: WidenAll<Q4_1>(blocks, values); break;
            case DType.Q5_0: WidenAll<Q5_0>(blocks, values); break;
            case DType.Q5_1: WidenAll<Q5_1>(blocks, values); break;
            case DType.Q2_K: WidenAll<Q2_K>(blocks, values); break;
            case DType.Q3_K: WidenAll<Q3_K>(blocks, values); break;
            case DType.Q4_K: WidenAll<Q4_K>(blocks, values); break;
            case DType.Q5_K: WidenAll<Q5_K>(blocks, values); break;
            case DType.Q6_K: WidenAll<Q6_K>(blocks, values); break;
            default: throw new ArgumentOutOfRangeException(nameof(dtype), dtype, "Elements of this type are not stored in blocks.");
        }
    }

    /// <summary>The binary16 number at the start.</summary>
    public static float Half(ReadOnlySpan<byte> bytes) => (float)BinaryPrimitives.ReadHalfLittleEndian(bytes);

    private static void WidenAll<B>(ReadOnlySpan<byte> blocks, Span<float> values)
        where B : struct, IBlock
    {
        for (; !values.IsEmpty; blocks = blocks[B.Size..], values = values[B.Elements..])
            B.Widen(blocks[..B.Size], values[..B.Elements]);
    }
}
