using FeatureInterp.Saes;
using FeatureInterp.Tensors;

namespace FeatureInterp.Tests;

/// <summary>A token's products are the same bits alone and among others, whichever way the matrix lies in its file.</summary>
public class TokenLinearTests
{
    [Theory]
    [InlineData(7, 5)]
    [InlineData(36, 90)]
    [InlineData(257, 131)]
    public void Encode_OneTokenOfSeveral_IsTheSameBits(int width, int features)
    {
        var random = new Random(width);
        var x = Values(random, 6, width);
        foreach (var featuresFirst in new[] { false, true })
        {
            var file = Values(random, featuresFirst ? features : width, featuresFirst ? width : features);
            var bytes = new byte[file.Length * sizeof(float)];
            for (var i = 0; i < file.Length; i++)
                BitConverter.TryWriteBytes(bytes.AsSpan(i * sizeof(float)), file.Span[i]);
            var matrix = new SaeMatrix(Weight.FromBytes("w", DType.F32, bytes, file.Shape[0], file.Shape[1]), featuresFirst);
            var together = Tensor.Zeros(6, features);
            matrix.Encode(x, together);
            for (var t = 0; t < 6; t++)
            {
                var alone = Tensor.Zeros(1, features);
                matrix.Encode(x.Rows(t, 1), alone);
                TwinAssert.Same($"token {t}, features first: {featuresFirst}", together[t], alone[0]);
                double wanted = 0;
                for (var d = 0; d < width; d++)
                    wanted += (double)x[t, d] * (featuresFirst ? file[2, d] : file[d, 2]);
                Assert.Equal(wanted, alone[0, 2], 1e-4);
            }
        }
    }

    private static Tensor Values(Random random, int rows, int columns)
    {
        var values = Tensor.Zeros(rows, columns);
        foreach (ref var v in values.Span)
            v = (float)(2 * random.NextDouble() - 1);
        return values;
    }
}
