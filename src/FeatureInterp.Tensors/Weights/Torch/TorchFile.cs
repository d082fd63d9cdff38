using System.Text;

namespace FeatureInterp.Tensors;

/// <summary>
/// A file of <c>torch.save</c> (<c>.pt</c>, <c>.pth</c>, <c>pytorch_model.bin</c>), mapped: a zip file with a pickle <c>data.pkl</c>
/// that describes tensors and one member for each storage. The pickle is read by a machine that knows tensors, containers, numbers
/// and text; a file that asks for anything else is refused, so that opening one never runs code.
/// </summary>
/// <remarks>
/// Containers are flattened: the tensor under the keys <c>model</c> and <c>W</c> is named <c>model.W</c>, the third element of
/// a list <c>x</c> is <c>x.2</c>; a file of one bare tensor names it "". Row-major tensors are views into the file, others (transposed,
/// expanded) are copied into row-major order when the file is opened. Checksums are compared of the pickle and of what is
/// copied; of mapped storages only by <see cref="Verify"/>, because it would read the whole file. A checksum of zero stands for none.
/// </remarks>
public sealed class TorchFile
{
    /// <summary>The longest pickle that is read, in bytes.</summary>
    public const int MaxPickleBytes = 64 << 20;

    private const string PickleName = "data.pkl";

    private readonly Dictionary<string, Weight> _weights = new(StringComparer.Ordinal);
    private readonly ZipMap _zip;

    private TorchFile(ZipMap zip, TorchTree tree, string folder)
    {
        _zip = zip;
        Values = tree.Values;
        var views = new TorchViews(zip, folder);
        foreach (var (name, tensor) in tree.Tensors)
            _weights.Add(name, views.Make(name, tensor));
    }

    /// <summary>The file.</summary>
    public string Path => _zip.Path;

    /// <summary>Every tensor, by its flattened name.</summary>
    public IReadOnlyDictionary<string, Weight> Weights => _weights;

    /// <summary>
    /// What lies beside the tensors, by its flattened name: null, <see cref="bool"/>, <see cref="long"/>,
    /// <see cref="System.Numerics.BigInteger"/> (beyond 64 bits), <see cref="double"/>, <see cref="string"/> (also for element
    /// types, such as <c>torch.float32</c>) or an array of bytes.
    /// </summary>
    public IReadOnlyDictionary<string, object?> Values { get; }

    /// <summary>The tensor of this name.</summary>
    /// <param name="name">The flattened name.</param>
    /// <exception cref="WeightFileException">The file has no such tensor; the message names the nearest.</exception>
    public Weight this[string name] => _weights.TryGetValue(name, out var weight)
        ? weight
        : throw new WeightFileException(Path, $"there is no tensor '{name}'; the nearest name is '{NearestName.Of(name, _weights.Keys)}'.");

    /// <summary>Maps a file, reads its pickle and checks every tensor against its storage.</summary>
    /// <param name="path">The file.</param>
    /// <exception cref="WeightFileException">
    /// The file is not there, cannot be read, breaks the format, asks to run code, or is of a kind that is not read: written by PyTorch
    /// before 1.6 (no zip file), TorchScript, big-endian.
    /// </exception>
    public static TorchFile Open(string path)
    {
        var map = new MappedFile(path);
        var head = new ZipBytes(map).Slice(0, (int)Math.Min(map.Length, 4));
        if (head.Length > 0 && head[0] == 0x80)
            throw new WeightFileException(path, "this is a bare pickle, as PyTorch wrote it before 1.6, and only the zip files it has written since can be read; load and save it again with a newer PyTorch.");
        if (!head.SequenceEqual("PK\u0003\u0004"u8))
            throw new WeightFileException(path, "this is not a zip file, as torch.save writes them; the file is damaged or of another kind.");

        var zip = new ZipMap(map);
        var folder = FindFolder(zip);
        CheckByteOrder(zip, folder);
        var tree = new TorchTree(path);
        tree.Add(ReadPickle(zip, folder));
        return new TorchFile(zip, tree, folder);
    }

    /// <summary>Reads every mapped storage and compares its checksum.</summary>
    /// <exception cref="WeightFileException">A member is not what was written.</exception>
    public void Verify()
    {
        foreach (var member in _zip.Members)
            _zip.Check(member);
    }

    // Everything lies in one folder, which has the name the file had when it was written.
    private static string FindFolder(ZipMap zip)
    {
        var pickles = zip.Members.Where(m => m.Name.EndsWith("/" + PickleName, StringComparison.Ordinal) && m.Name.IndexOf('/', StringComparison.Ordinal) == m.Name.Length - PickleName.Length - 1).ToList();
        if (pickles.Count != 1)
            throw new WeightFileException(zip.Path, $"there are {pickles.Count} members FOLDER/{PickleName}, torch.save writes one; the file is of another kind.");
        var folder = pickles[0].Name[..^(PickleName.Length + 1)];
        if (zip.TryFind(folder + "/constants.pkl") is not null || zip.Members.Any(m => m.Name.StartsWith(folder + "/code/", StringComparison.Ordinal)))
            throw new WeightFileException(zip.Path, "this is a TorchScript program, which holds code; save the state_dict of its module with torch.save.");
        return folder;
    }

    private static void CheckByteOrder(ZipMap zip, string folder)
    {
        if (zip.TryFind(folder + "/byteorder") is not { } member)
            return;
        var content = Content(zip, member, 16);
        if (!content.SequenceEqual("little"u8))
            throw new WeightFileException(zip.Path, $"the byte order is '{Encoding.Latin1.GetString(content)}', and only 'little' can be read; save the file again on a little-endian machine.");
    }

    private static object? ReadPickle(ZipMap zip, string folder) =>
        PickleReader.Read(zip.Path, Content(zip, zip.TryFind($"{folder}/{PickleName}")!, MaxPickleBytes));

    private static byte[] Content(ZipMap zip, ZipMember member, int most)
    {
        if (member.Size > most)
            throw new WeightFileException(zip.Path, $"the member '{member.Name}' has {member.Size} bytes, at most {most} are read; save only the tensors, in a plain state_dict.");
        zip.Check(member);
        var content = zip.Read(member);
        var bytes = content.Head(most).ToArray();
        GC.KeepAlive(content.Owner);
        return bytes;
    }
}
