using FeatureInterp.Tensors;
using FsCheck;
using FsCheck.Fluent;

namespace FeatureInterp.Tests;

public unsafe class StridedCopyTests
{
    [Fact]
    public void ToRowMajor_AnyShapeAndStrides_EqualsOneElementAtATime()
    {
        var dimension = Gen.Elements(0, 1, 2, 3, 31, 32, 33, 65);
        var shapes = Gen.Choose(0, 4).SelectMany(rank => dimension.ArrayOf(rank)).Where(s => s.Aggregate(1, (a, b) => a * b) <= 20_000);
        Prop.ForAll(shapes.ToArbitrary(), Gen.Choose(0, 3).ToArbitrary(), Gen.Choose(0, int.MaxValue).ToArbitrary(), (shape, power, seed) =>
        {
            var random = new Random(seed);
            var strides = shape.Select(_ => (long)random.Next(0, 40)).ToArray();
            var size = 1 << power;
            var source = new byte[size * (1 + shape.Select((n, k) => Math.Max(n - 1, 0) * (int)strides[k]).Sum())];
            random.NextBytes(source);
            var found = new byte[size * shape.Aggregate(1, (a, b) => a * b)];
            fixed (byte* from = source)
            fixed (byte* to = found)
                StridedCopy.ToRowMajor(from, to, size, Array.ConvertAll(shape, n => (long)n), strides);
            Assert.Equal(Naive(source, size, shape, strides), found);
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(200).WithReplay(5, 7));
    }

    [Fact]
    public void ToRowMajor_OtherElementSize_IsRefused()
    {
        var bytes = new byte[3];
        fixed (byte* p = bytes)
        {
            var pointer = p;
            Assert.Throws<ArgumentOutOfRangeException>(() => StridedCopy.ToRowMajor(pointer, pointer, 3, [1], [1]));
        }
    }

    // Counts through all places of the result and works out each one's indices anew.
    private static byte[] Naive(byte[] source, int size, int[] shape, long[] strides)
    {
        var made = new byte[size * shape.Aggregate(1, (a, b) => a * b)];
        for (var place = 0; place < made.Length / size; place++)
        {
            var (rest, offset) = (place, 0L);
            for (var k = shape.Length - 1; k >= 0; k--)
            {
                offset += rest % shape[k] * strides[k];
                rest /= shape[k];
            }

            source.AsSpan((int)offset * size, size).CopyTo(made.AsSpan(place * size));
        }

        return made;
    }
}
