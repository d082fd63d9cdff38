using FeatureInterp.Tensors;

namespace FeatureInterp.Tests;

/// <summary>Rows of weights, widened.</summary>
public class WeightTests
{
    [Fact]
    public void CopyRow_EveryBf16_IsTheUpperHalfOfAnFp32()
    {
        var bytes = new byte[2 * 65536];
        for (var i = 0; i < 65536; i++)
            BitConverter.TryWriteBytes(bytes.AsSpan(2 * i), (ushort)i);
        var row = new float[256];
        var weight = Weight.FromBytes("w", DType.BF16, bytes, 256, 256);
        for (var r = 0; r < 256; r++)
        {
            weight.CopyRow(r, row);
            for (var c = 0; c < 256; c++)
                Assert.Equal((uint)(r * 256 + c) << 16, BitConverter.SingleToUInt32Bits(row[c]));
        }
    }

    [Fact]
    public void CopyRow_EveryF16_IsItsExactValue()
    {
        var bytes = new byte[2 * 65536];
        for (var i = 0; i < 65536; i++)
            BitConverter.TryWriteBytes(bytes.AsSpan(2 * i), (ushort)i);
        var found = Weight.FromBytes("w", DType.F16, bytes, 65536).ToTensor();
        for (var i = 0; i < 65536; i++)
        {
            // sign · 2^(exponent − 15) · 1.fraction, with subnormals, infinities and NaN at the ends
            int exponent = i >> 10 & 31, fraction = i & 1023;
            var size = exponent switch
            {
                0 => fraction * Math.Pow(2, -24),
                31 => fraction == 0 ? double.PositiveInfinity : double.NaN,
                _ => (1024 + fraction) * Math.Pow(2, exponent - 25),
            };
            Assert.Equal((float)((i & 0x8000) == 0 ? size : -size), found.Span[i]);
        }
    }

    [Fact]
    public void RowBytes_AreThoseOfTheRow()
    {
        var weight = Weight.FromFloats("w", [1, 2, 3, 4, 5, 6], 3, 2);
        Assert.Equal([.. BitConverter.GetBytes(3f), .. BitConverter.GetBytes(4f)], weight.RowBytes(1).ToArray());
        Assert.Equal((3, 2, 6L), (weight.RowCount, weight.RowLength, weight.Count));
    }

    [Theory, InlineData(-1), InlineData(3), InlineData(int.MaxValue), InlineData(int.MinValue)]
    public void CopyRow_RowThatIsNotThere_IsRefused(int row) =>
        Assert.Throws<ArgumentOutOfRangeException>(() => Weight.FromFloats("w", new float[6], 3, 2).CopyRow(row, new float[2]));

    [Fact]
    public void CopyRow_DestinationTooShort_IsRefused() =>
        Assert.Contains("'w'", Assert.Throws<ArgumentException>(() => Weight.FromFloats("w", new float[6], 3, 2).CopyRow(0, new float[1])).Message, StringComparison.Ordinal);

    [Fact]
    public void FromBytes_ThatDoNotFillTheShape_AreRefused()
    {
        Assert.Throws<ArgumentException>(() => Weight.FromBytes("w", DType.F32, new byte[7], 2));
        Assert.Throws<OverflowException>(() => Weight.FromBytes("w", DType.F32, new byte[8], 1L << 40, 1L << 40));
    }

    [Fact]
    public void FromFloats_CopiesItsValues()
    {
        float[] values = [1, 2];
        var weight = Weight.FromFloats("w", values, 2);
        values[0] = 9;
        Assert.Equal([1, 2], weight.ToTensor().Memory.ToArray());
    }

    // The mapping lives as long as a weight that points into it, even when nobody holds the file any more.
    [Fact]
    public void Weight_OfAFileNobodyHolds_StaysReadable()
    {
        using var tiny = new TinyModel();
        var wanted = tiny["model.norm.weight"];
        var weight = Open(Path.Combine(tiny.Folder, "model.safetensors"));
        for (var i = 0; i < 5; i++)
        {
            GC.Collect();
            GC.WaitForPendingFinalizers();
        }

        Assert.Equal(wanted, Array.ConvertAll(weight.ToTensor().Memory.ToArray(), v => (double)v));

        static Weight Open(string path) => SafetensorsFile.Open(path)["model.norm.weight"];
    }
}
