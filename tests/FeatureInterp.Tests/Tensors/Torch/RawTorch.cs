using FeatureInterp.Tensors;

namespace FeatureInterp.Tests;

/// <summary>Files of torch.save put together from their description: a pickle and the storages it names, in one folder of a zip file.</summary>
internal static class RawTorch
{
    public static RawZip.Member[] Members(byte[] pickle, params ReadOnlySpan<(string Key, byte[] Bytes)> storages)
    {
        var members = new List<RawZip.Member>
        {
            new("x/data.pkl", pickle) { Descriptor = 16 },
            new("x/byteorder", [.. "little"u8]) { Descriptor = 16 },
        };
        foreach (var (key, bytes) in storages)
            members.Add(new RawZip.Member("x/data/" + key, bytes) { Descriptor = bytes.Length == 0 ? 0 : 16, Padding = 20 });
        members.Add(new RawZip.Member("x/version", [.. "3\n"u8]) { Descriptor = 16 });
        return [.. members];
    }

    public static byte[] Bytes(RawZip.Member[] members)
    {
        var zip = RawZip.Of(members);
        zip.Zip64End = true;
        return zip.Bytes();
    }

    public static byte[] Bytes(RawPickle pickle, params ReadOnlySpan<(string Key, byte[] Bytes)> storages) => Bytes(Members(pickle.Bytes, storages));

    public static TorchFile Open(string path, RawZip.Member[] members)
    {
        File.WriteAllBytes(path, Bytes(members));
        return TorchFile.Open(path);
    }

    public static TorchFile Open(string path, RawPickle pickle, params ReadOnlySpan<(string Key, byte[] Bytes)> storages) =>
        Open(path, Members(pickle.Bytes, storages));
}
