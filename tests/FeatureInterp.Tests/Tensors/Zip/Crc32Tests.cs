using System.Text;
using FeatureInterp.Tensors;

namespace FeatureInterp.Tests;

public unsafe class Crc32Tests
{
    // The check value of the standard's catalogue.
    [Fact]
    public void Of_DigitsOneToNine_IsTheCheckValue() => Assert.Equal(0xCBF43926, Of(Encoding.ASCII.GetBytes("123456789")));

    [Fact]
    public void Of_EveryLength_EqualsBitByBit()
    {
        var bytes = new byte[300];
        new Random(5).NextBytes(bytes);
        for (var length = 0; length <= bytes.Length; length++)
            Assert.Equal(RawZip.Crc32(bytes.AsSpan(0, length)), Of(bytes[..length]));
    }

    private static uint Of(byte[] bytes)
    {
        fixed (byte* p = bytes)
            return Crc32.Of(p, bytes.Length);
    }
}
