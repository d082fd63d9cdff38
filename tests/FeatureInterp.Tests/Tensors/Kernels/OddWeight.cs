using System.Runtime.CompilerServices;
using FeatureInterp.Tensors;

namespace FeatureInterp.Tests.Tensors;

/// <summary>Weights that start at an odd byte, as an array in a safetensors file may, between bytes that read as NaN.</summary>
internal static unsafe class OddWeight
{
    private const int Margin = 259;

    public static Weight Create(DType dtype, int rows, int columns, int seed, float scale = 1)
    {
        var size = dtype.Size();
        var bytes = GC.AllocateUninitializedArray<byte>(rows * columns * size + 2 * Margin, pinned: true);
        bytes.AsSpan().Fill(0xFF);
        var values = KernelCases.Floats(rows * columns, seed, scale);
        for (var i = 0; i < values.Length; i++)
        {
            var to = bytes.AsSpan(Margin + i * size, size);
            switch (dtype)
            {
                case DType.F32: BitConverter.TryWriteBytes(to, values[i]); break;
                case DType.BF16: BitConverter.TryWriteBytes(to, (ushort)(BitConverter.SingleToUInt32Bits(values[i]) >> 16)); break;
                default: BitConverter.TryWriteBytes(to, (Half)values[i]); break;
            }
        }

        return new Weight("odd", dtype, [rows, columns], (byte*)Unsafe.AsPointer(ref bytes[Margin]), bytes);
    }
}
