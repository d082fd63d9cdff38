using System.Text;
using FeatureInterp.Tensors;

namespace FeatureInterp.Tests;

/// <summary>NumPy arrays put together from the format's description, and archives of them.</summary>
internal static class RawNpz
{
    /// <summary>An array of version 1.0 as NumPy writes it: the header padded so that the elements begin at a multiple of 64.</summary>
    public static byte[] Npy(string descr, string shape, byte[] data, bool fortran = false) =>
        Npy($"{{'descr': '{descr}', 'fortran_order': {(fortran ? "True" : "False")}, 'shape': {shape}, }}", data);

    /// <summary>An array with any text for its header.</summary>
    public static byte[] Npy(string header, byte[] data, byte version = 1)
    {
        var prefix = version == 1 ? 10 : 12;
        var text = header.PadRight((((prefix + header.Length + 1 + 63) / 64) * 64) - prefix - 1) + "\n";
        byte[] length = version == 1 ? BitConverter.GetBytes((ushort)text.Length) : BitConverter.GetBytes(text.Length);
        return [0x93, .. "NUMPY"u8, version, 0, .. length, .. Encoding.UTF8.GetBytes(text), .. data];
    }

    public static byte[] Bytes(float[] values) => [.. values.SelectMany(BitConverter.GetBytes)];

    public static NpzFile Open(string path, params RawZip.Member[] members)
    {
        File.WriteAllBytes(path, RawZip.Of(members).Bytes());
        return NpzFile.Open(path);
    }
}
