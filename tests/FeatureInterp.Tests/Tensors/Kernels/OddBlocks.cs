using System.Runtime.CompilerServices;
using FeatureInterp.Tensors;

namespace FeatureInterp.Tests.Tensors;

/// <summary>Quantised weights of random blocks that start at an odd byte, between bytes that read as NaN.</summary>
internal static unsafe class OddBlocks
{
    private const int Margin = 259;

    public static readonly DType[] Types =
        [DType.Q8_0, DType.Q4_0, DType.Q4_1, DType.Q5_0, DType.Q5_1, DType.Q2_K, DType.Q3_K, DType.Q4_K, DType.Q5_K, DType.Q6_K];

    /// <summary>Blocks of any bits but for their scales, which are of ordinary size: elements are below 1 or so.</summary>
    public static Weight Create(DType dtype, int rows, int columns, int seed) => Create(dtype, rows, columns, seed, (random, i) =>
    {
        var scale = (0.1 + random.NextDouble()) * (random.Next(4) == 0 ? -1 : 1);
        return (Half)(i > 0 ? -scale * 0.3 : scale * dtype switch
        {
            DType.Q8_0 => 1.0 / 128,
            DType.Q4_0 or DType.Q4_1 => 1.0 / 16,
            DType.Q5_0 or DType.Q5_1 => 1.0 / 32,
            DType.Q2_K or DType.Q3_K => 1.0 / 128,
            DType.Q6_K => 1.0 / 4096,
            _ => 1.0 / 1024,
        });
    });

    /// <summary>The same with scales of any bits: subnormal, negative, infinite or not a number.</summary>
    public static Weight CreateWild(DType dtype, int rows, int columns, int seed) =>
        Create(dtype, rows, columns, seed, (random, _) => BitConverter.UInt16BitsToHalf((ushort)random.Next(65536)));

    private static Weight Create(DType dtype, int rows, int columns, int seed, Func<Random, int, Half> half)
    {
        var size = dtype.BlockBytes();
        var length = checked((int)dtype.ByteCount((long)rows * columns));
        var bytes = GC.AllocateUninitializedArray<byte>(length + 2 * Margin, pinned: true);
        bytes.AsSpan().Fill(0xFF);
        var random = new Random(seed);
        random.NextBytes(bytes.AsSpan(Margin, length));
        for (var at = Margin; at < Margin + length; at += size)
        {
            var offsets = HalvesOf(dtype);
            for (var i = 0; i < offsets.Length; i++)
                BitConverter.TryWriteBytes(bytes.AsSpan(at + offsets[i]), half(random, i));
        }

        return new Weight("odd", dtype, [rows, columns], (byte*)Unsafe.AsPointer(ref bytes[Margin]), bytes);
    }

    // Where a block of each type keeps its binary16 numbers: the scale, then what multiplies the minimum.
    private static int[] HalvesOf(DType dtype) => dtype switch
    {
        DType.Q4_1 or DType.Q5_1 or DType.Q4_K or DType.Q5_K => [0, 2],
        DType.Q2_K => [80, 82],
        DType.Q3_K => [108],
        DType.Q6_K => [208],
        _ => [0],
    };
}
