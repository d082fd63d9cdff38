using FeatureInterp.Tensors;

namespace FeatureInterp.Benchmarks;

/// <summary>Seeded numbers for the kernels to work on.</summary>
internal static class Inputs
{
    public static float[] Floats(long count, int seed, float scale = 1)
    {
        var random = new Random(seed);
        var values = new float[count];
        for (long i = 0; i < count; i++)
            values[i] = (random.NextSingle() - 0.5f) * 2 * scale;
        return values;
    }

    public static Weight Weight(DType dtype, int rows, int columns, int seed)
    {
        var values = Floats((long)rows * columns, seed, 0.1f);
        if (dtype == DType.F32)
            return Tensors.Weight.FromFloats("w", values, rows, columns);
        var bytes = new byte[2L * values.Length];
        for (var i = 0; i < values.Length; i++)
        {
            var bits = (ushort)(BitConverter.SingleToUInt32Bits(values[i]) >> 16);
            bytes[2 * i] = (byte)bits;
            bytes[2 * i + 1] = (byte)(bits >> 8);
        }

        return Tensors.Weight.FromBytes("w", DType.BF16, bytes, rows, columns);
    }
}
