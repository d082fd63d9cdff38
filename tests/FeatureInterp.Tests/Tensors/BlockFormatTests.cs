using FeatureInterp.Tensors;

namespace FeatureInterp.Tests;

/// <summary>Blocks of every quantised type, packed here bit by bit as the format lays them out, and what their formula says.</summary>
public class BlockFormatTests
{
    // Powers of two, so that every product and sum is exact.
    private const double D = 0.25, M = -0.5;

    public static TheoryData<DType> Types => [DType.Q8_0, DType.Q4_0, DType.Q4_1, DType.Q5_0, DType.Q5_1, DType.Q2_K, DType.Q3_K, DType.Q4_K, DType.Q5_K, DType.Q6_K];

    [Theory, MemberData(nameof(Types))]
    public void CopyRow_BlocksPackedByHand_GivesTheFormula(DType dtype)
    {
        const int Blocks = 3;
        var random = new Random(5);
        var bytes = new List<byte>();
        var wanted = new List<float>();
        for (var block = 0; block < Blocks; block++)
        {
            var (bits, group, scales, minima) = Format(dtype);
            var low = dtype == DType.Q8_0 ? -128 : 0;
            int[] q = [.. Enumerable.Range(0, dtype.BlockElements()).Select(_ => random.Next(low, low + (1 << bits)))];
            int[] s = [.. Enumerable.Range(0, q.Length / group).Select(_ => random.Next(scales.Low, scales.High + 1))];
            int[] t = [.. s.Select(_ => random.Next(minima + 1))];
            var packed = Pack(dtype, q, s, t);
            Assert.Equal(dtype.BlockBytes(), packed.Length);
            bytes.AddRange(packed);
            wanted.AddRange(q.Select((value, i) => (float)Formula(dtype, value, s[i / group], t[i / group])));
        }

        var weight = Weight.FromBytes("w", dtype, [.. bytes], 1, wanted.Count);
        var found = new float[wanted.Count];
        weight.CopyRow(0, found);
        Assert.Equal(wanted, found);
        Assert.Equal(wanted, weight.ToTensor().Memory.ToArray());
    }

    [Theory, MemberData(nameof(Types))]
    public void Weight_OfBlocks_HasRowsOfWholeBlocks(DType dtype)
    {
        int elements = dtype.BlockElements(), size = dtype.BlockBytes();
        var weight = Weight.FromBytes("w", dtype, new byte[6 * size], 3, 2 * elements);
        Assert.Equal((3, 2 * elements, 2 * size), (weight.RowCount, weight.RowLength, weight.RowBytes(2).Length));
        Assert.Equal(6 * size, dtype.ByteCount(weight.Count));
        Assert.True(dtype.IsQuantized());
        Assert.Equal((1, 2 * elements), (Weight.FromBytes("list", dtype, new byte[2 * size], 2 * elements).RowCount, Weight.FromBytes("list", dtype, new byte[2 * size], 2 * elements).RowLength));
        Assert.Throws<ArgumentException>(() => Weight.FromBytes("w", dtype, new byte[size], 2, elements / 2));
        Assert.Throws<ArgumentException>(() => Weight.FromBytes("w", dtype, new byte[size]));
        Assert.Throws<ArgumentException>(() => Weight.FromBytes("w", dtype, new byte[size + 1], elements));
        Assert.Throws<ArgumentOutOfRangeException>(() => dtype.Size());
        Assert.Throws<InvalidOperationException>(weight.ToInt64);
    }

    // Bits of a number, elements that share a scale, the range of a scale, the largest minimum.
    private static (int Bits, int Group, (int Low, int High) Scales, int Minima) Format(DType dtype) => dtype switch
    {
        DType.Q8_0 => (8, 32, (1, 1), 0),
        DType.Q4_0 or DType.Q4_1 => (4, 32, (1, 1), 0),
        DType.Q5_0 or DType.Q5_1 => (5, 32, (1, 1), 0),
        DType.Q2_K => (2, 16, (0, 15), 15),
        DType.Q3_K => (3, 16, (0, 63), 0),
        DType.Q4_K => (4, 32, (0, 63), 63),
        DType.Q5_K => (5, 32, (0, 63), 63),
        _ => (6, 16, (-128, 127), 0),
    };

    private static double Formula(DType dtype, int q, int s, int t) => dtype switch
    {
        DType.Q8_0 => D * q,
        DType.Q4_0 => D * (q - 8),
        DType.Q5_0 => D * (q - 16),
        DType.Q4_1 or DType.Q5_1 => D * q + M,
        DType.Q3_K => D * (s - 32) * (q - 4),
        DType.Q6_K => D * s * (q - 32),
        _ => D * s * q - M * t,
    };

    private static byte[] Pack(DType dtype, int[] q, int[] s, int[] t)
    {
        byte[] d = BitConverter.GetBytes((Half)D), m = BitConverter.GetBytes((Half)M);
        return dtype switch
        {
            DType.Q8_0 => [.. d, .. q.Select(v => (byte)v)],
            DType.Q4_0 => [.. d, .. Bits(16, 32, i => i % 16, i => i / 16 * 4, i => q[i])],
            DType.Q4_1 => [.. d, .. m, .. Bits(16, 32, i => i % 16, i => i / 16 * 4, i => q[i])],
            DType.Q5_0 => [.. d, .. Bits(4, 32, i => i / 8, i => i % 8, i => q[i] / 16), .. Bits(16, 32, i => i % 16, i => i / 16 * 4, i => q[i] % 16)],
            DType.Q5_1 => [.. d, .. m, .. Bits(4, 32, i => i / 8, i => i % 8, i => q[i] / 16), .. Bits(16, 32, i => i % 16, i => i / 16 * 4, i => q[i] % 16)],
            DType.Q2_K => [.. s.Zip(t, (a, b) => (byte)(a + 16 * b)), .. Bits(64, 256, i => i / 128 * 32 + i % 32, i => i % 128 / 32 * 2, i => q[i]), .. d, .. m],
            DType.Q3_K =>
            [
                .. Bits(32, 256, i => i % 32, i => i / 32, i => q[i] / 4), .. Bits(64, 256, i => i / 128 * 32 + i % 32, i => i % 128 / 32 * 2, i => q[i] % 4),
                .. Bits(8, 16, g => g % 8, g => g / 8 * 4, g => s[g] % 16), .. Bits(4, 16, g => g % 4, g => g / 4 * 2, g => s[g] / 16), .. d,
            ],
            DType.Q4_K => [.. d, .. m, .. SixBits(s, t), .. Bits(128, 256, i => i / 64 * 32 + i % 32, i => i % 64 / 32 * 4, i => q[i])],
            DType.Q5_K =>
            [
                .. d, .. m, .. SixBits(s, t), .. Bits(32, 256, i => i % 32, i => i / 32, i => q[i] / 16),
                .. Bits(128, 256, i => i / 64 * 32 + i % 32, i => i % 64 / 32 * 4, i => q[i] % 16),
            ],
            _ =>
            [
                .. Bits(128, 256, i => i / 128 * 64 + i % 64, i => i % 128 / 64 * 4, i => q[i] % 16), .. Bits(64, 256, i => i / 128 * 32 + i % 32, i => i % 128 / 32 * 2, i => q[i] / 16),
                .. s.Select(v => (byte)v), .. d,
            ],
        };
    }

    // Bytes in which number i is put into byte place(i), from bit shift(i) on.
    private static byte[] Bits(int bytes, int count, Func<int, int> place, Func<int, int> shift, Func<int, int> number)
    {
        var packed = new byte[bytes];
        for (var i = 0; i < count; i++)
            packed[place(i)] += (byte)(number(i) << shift(i));
        return packed;
    }

    // Twelve bytes: s[0..3] and t[0..3] in the lower six bits of the first eight; the last four hold the lower halves of s[4..7]
    // and t[4..7], whose upper two bits lie on top of the first eight.
    private static byte[] SixBits(int[] s, int[] t)
    {
        var packed = new byte[12];
        for (var g = 0; g < 4; g++)
        {
            packed[g] = (byte)(s[g] + 64 * (s[g + 4] / 16));
            packed[g + 4] = (byte)(t[g] + 64 * (t[g + 4] / 16));
            packed[g + 8] = (byte)(s[g + 4] % 16 + 16 * (t[g + 4] % 16));
        }

        return packed;
    }
}
