namespace FeatureInterp.Tensors;

/// <summary>
/// Makes weights of the tensors of one file: row-major ones are views into their storage, others are copied into row-major
/// order. All strides and offsets are checked against the storage before anything is read.
/// </summary>
internal sealed unsafe class TorchViews(ZipMap zip, string folder)
{
    /// <summary>What copies may take beyond the file's own length, in bytes: an expanded tensor repeats what is stored once.</summary>
    public const long MaxExtraBytes = 256L << 20;

    private readonly Dictionary<string, ZipContent> _storages = new(StringComparer.Ordinal);
    private readonly Dictionary<TorchTensor, (nint Pointer, OwnedBytes Owner)> _copies = new(ReferenceEqualityComparer.Instance);
    private long _copied;

    /// <summary>The tensor under its name.</summary>
    public Weight Make(string name, TorchTensor tensor)
    {
        var dtype = tensor.Storage.DType;
        var bytes = ArrayShape.Bytes(zip.Path, name, dtype, tensor.Shape);
        var storage = Open(name, tensor.Storage);
        CheckReach(name, tensor, bytes / dtype.Size());
        if (bytes == 0)
            return new Weight(name, dtype, tensor.Shape, storage.Pointer, storage.Owner);
        if (!IsRowMajor(tensor))
        {
            var (copy, owner) = Copy(name, tensor, storage, bytes);
            return new Weight(name, dtype, tensor.Shape, (byte*)copy, owner);
        }

        return new Weight(name, dtype, tensor.Shape, storage.Pointer + (tensor.Offset * dtype.Size()), storage.Owner);
    }

    private ZipContent Open(string name, TorchStorage storage)
    {
        var memberName = $"{folder}/data/{storage.Key}";
        if (!_storages.TryGetValue(memberName, out var content))
        {
            var member = zip.TryFind(memberName)
                ?? throw new WeightFileException(zip.Path, $"'{name}' should be in the member '{memberName}', which is not there; the file is damaged, fetch it again.");
            _storages[memberName] = content = zip.Read(member);
        }

        return storage.Count <= content.Length / storage.DType.Size() && storage.Count * storage.DType.Size() == content.Length
            ? content
            : throw new WeightFileException(zip.Path, $"'{name}' should be in {storage.Count} elements of {storage.DType}, but the member '{memberName}' has {content.Length} bytes; the file is damaged, fetch it again.");
    }

    // The last element lies at offset + Σ (size - 1)·stride.
    private void CheckReach(string name, TorchTensor tensor, long count)
    {
        Int128 last = tensor.Offset;
        for (var i = 0; i < tensor.Shape.Length && count > 0; i++)
            last += (Int128)(tensor.Shape[i] - 1) * tensor.Strides[i];
        if (count > 0 ? last >= tensor.Storage.Count : last > tensor.Storage.Count)
            throw new WeightFileException(zip.Path, $"'{name}' is {ArrayShape.Format(tensor.Shape)} with strides {ArrayShape.Format(tensor.Strides)} from element {tensor.Offset}, which reaches element {last} of a storage of {tensor.Storage.Count}; the file is damaged.");
    }

    // The stride of a dimension of one element says nothing.
    private static bool IsRowMajor(TorchTensor tensor)
    {
        var wanted = ArrayShape.RowMajorStrides(tensor.Shape);
        for (var i = 0; i < wanted.Length; i++)
        {
            if (tensor.Shape[i] != 1 && tensor.Strides[i] != wanted[i])
                return false;
        }

        return true;
    }

    private (nint Pointer, OwnedBytes Owner) Copy(string name, TorchTensor tensor, ZipContent storage, long bytes)
    {
        if (_copies.TryGetValue(tensor, out var copy))
            return copy;
        if (bytes > zip.Length + MaxExtraBytes - _copied)
            throw new WeightFileException(zip.Path, $"'{name}' is {ArrayShape.Format(tensor.Shape)} with strides {ArrayShape.Format(tensor.Strides)}, and copies of such tensors take more than the file's length and {MaxExtraBytes} bytes; save them contiguous.");
        _copied += bytes;
        zip.Check(zip.TryFind($"{folder}/data/{tensor.Storage.Key}")!);
        var owner = OwnedBytes.Allocate(zip.Path, name, bytes);
        var size = tensor.Storage.DType.Size();
        StridedCopy.ToRowMajor(storage.Pointer + (tensor.Offset * size), owner.Pointer, size, tensor.Shape, tensor.Strides);
        GC.KeepAlive(storage.Owner);
        return _copies[tensor] = ((nint)owner.Pointer, owner);
    }
}
