using System.Buffers.Binary;
using System.Globalization;
using System.Text;
using FeatureInterp.Tensors;

namespace FeatureInterp.Tests;

/// <summary>Safetensors files put together byte by byte from the format's description: in any element type, whole or spoilt.</summary>
internal sealed class RawSafetensors
{
    private readonly List<string> _entries = [];
    private readonly List<byte> _data = [];

    /// <summary>Adds fp32 values in the given element type, and gives back what a reader must find there.</summary>
    public double[] Add(string name, DType dtype, int[] shape, ReadOnlySpan<float> values)
    {
        var begin = _data.Count;
        var kept = new double[values.Length];
        for (var i = 0; i < kept.Length; i++)
            kept[i] = Append(dtype, values[i]);
        _entries.Add(string.Create(CultureInfo.InvariantCulture,
            $"\"{name}\":{{\"dtype\":\"{(dtype == DType.Bool ? "BOOL" : dtype.ToString())}\",\"shape\":[{string.Join(",", shape)}],\"data_offsets\":[{begin},{_data.Count}]}}"));
        return kept;
    }

    public void Save(string path) => File.WriteAllBytes(path, Bytes("{" + string.Join(",", _entries) + "}", [.. _data]));

    /// <summary>A file of this header and this data.</summary>
    public static byte[] Bytes(string header, params byte[] data)
    {
        var json = Encoding.UTF8.GetBytes(header);
        var length = new byte[8];
        BinaryPrimitives.WriteInt64LittleEndian(length, json.Length);
        return [.. length, .. json, .. data];
    }

    private double Append(DType dtype, float value)
    {
        switch (dtype)
        {
            case DType.F32:
                _data.AddRange(BitConverter.GetBytes(value));
                return value;
            case DType.F16:
                _data.AddRange(BitConverter.GetBytes((Half)value));
                return (double)(Half)value;
            case DType.BF16:
                var upper = (ushort)(BitConverter.SingleToUInt32Bits(value) >> 16);
                _data.AddRange(BitConverter.GetBytes(upper));
                return BitConverter.UInt32BitsToSingle((uint)upper << 16);
            case DType.Bool:
                _data.Add(value > 0 ? (byte)1 : (byte)0);
                return _data[^1];
            default:
                throw new ArgumentOutOfRangeException(nameof(dtype), dtype, "Write this element type by hand.");
        }
    }
}
