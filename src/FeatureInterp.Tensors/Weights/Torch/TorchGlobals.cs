using System.Globalization;

namespace FeatureInterp.Tensors;

/// <summary>
/// The names a pickle may use, and what they stand for: the functions that put a tensor together, the kinds of storage, element
/// types, ordered dictionaries and sizes. Every other name is refused; no name ever runs code that is not here.
/// </summary>
internal sealed class TorchGlobals(string path)
{
    private const string TensorV2 = "torch._utils._rebuild_tensor_v2", Tensor = "torch._utils._rebuild_tensor", Parameter = "torch._utils._rebuild_parameter";
    private const string OrderedDict = "collections.OrderedDict", Size = "torch.Size";

    // The names of torch.dtype objects; they are only ever passed on as text.
    private static readonly HashSet<string> ElementTypes = new(StringComparer.Ordinal)
    {
        "torch.float64", "torch.double", "torch.float32", "torch.float", "torch.float16", "torch.half", "torch.bfloat16",
        "torch.int64", "torch.long", "torch.int32", "torch.int", "torch.int16", "torch.short", "torch.int8", "torch.uint8",
        "torch.uint16", "torch.uint32", "torch.uint64", "torch.bool", "torch.complex32", "torch.complex64", "torch.complex128",
        "torch.float8_e4m3fn", "torch.float8_e5m2",
    };

    private static readonly Dictionary<string, DType> Storages = new(StringComparer.Ordinal)
    {
        ["torch.DoubleStorage"] = DType.F64,
        ["torch.FloatStorage"] = DType.F32,
        ["torch.HalfStorage"] = DType.F16,
        ["torch.BFloat16Storage"] = DType.BF16,
        ["torch.LongStorage"] = DType.I64,
        ["torch.IntStorage"] = DType.I32,
        ["torch.ShortStorage"] = DType.I16,
        ["torch.CharStorage"] = DType.I8,
        ["torch.ByteStorage"] = DType.U8,
        ["torch.BoolStorage"] = DType.Bool,
        ["torch.UntypedStorage"] = DType.U8,
        ["torch.storage.UntypedStorage"] = DType.U8,
    };

    /// <summary>What a name stands for: text for an element type, else a <see cref="PickleGlobal"/>.</summary>
    public object Find(string module, string name)
    {
        var full = module + "." + name;
        if (ElementTypes.Contains(full))
            return full;
        if (full is TensorV2 or Tensor or Parameter or OrderedDict or Size || Storages.ContainsKey(full))
            return new PickleGlobal(full);
        if (module is "torch" or "torch.cuda" && name.EndsWith("Storage", StringComparison.Ordinal))
            throw new WeightFileException(path, $"a tensor has the storage '{full}', and only {string.Join(", ", Storages.Keys)} can be read; convert the tensor and save it again.");
        throw new WeightFileException(path, $"this file wants to run code: {full}; it will not. Only tensors, containers, numbers and text are read: save a state_dict of plain tensors.");
    }

    /// <summary>What a call of one of the functions gives.</summary>
    public object? Call(object? function, object? arguments)
    {
        var name = function is PickleGlobal global ? global.Name : throw Fault("something that is not a function is called");
        var args = arguments is PickleTuple tuple ? tuple.Items : throw Fault($"{name} is called without a tuple of arguments");
        switch (name)
        {
            case OrderedDict when args.Length == 0:
                return new PickleDict();
            case Size when args is [PickleTuple size]:
                return size;
            case Parameter when args is [TorchTensor tensor, bool, ..] && args.Length is 2 or 3:
                return tensor;
            case Tensor when args is [TorchStorage storage, long offset, var shape, var strides]:
                return MakeTensor(storage, offset, shape, strides);
            case TensorV2 when args is [TorchStorage storage, long offset, var shape, var strides, bool, var hooks, ..] && args.Length is 6 or 7 && IsEmpty(hooks):
                if (args.Length == 7 && !IsEmpty(args[6]))
                    throw Fault("a tensor is marked as conjugated or negated, which cannot be read");
                return MakeTensor(storage, offset, shape, strides);
            default:
                throw Fault($"{name} is called with {args.Length} arguments that it does not take");
        }
    }

    /// <summary>The storage that a persistent id <c>('storage', kind, key, location, count)</c> names.</summary>
    public TorchStorage Storage(object? id)
    {
        if (id is not PickleTuple { Items: ["storage", PickleGlobal kind, string key, string or null, long count] } || count < 0 || !Storages.TryGetValue(kind.Name, out var dtype))
            throw Fault("a storage is not described by ('storage', kind, key, location, count)");
        return new TorchStorage(dtype, key, count);
    }

    private TorchTensor MakeTensor(TorchStorage storage, long offset, object? shape, object? strides)
    {
        var tensor = new TorchTensor(storage, offset, Numbers(shape), Numbers(strides));
        return offset >= 0 && tensor.Shape.Length == tensor.Strides.Length
            ? tensor
            : throw Fault($"a tensor of storage '{storage.Key}' has {tensor.Shape.Length} dimensions, {tensor.Strides.Length} strides and begins at element {offset}");
    }

    private long[] Numbers(object? value)
    {
        if (value is not PickleTuple tuple || tuple.Items.Length > ArrayShape.MaxRank)
            throw Fault($"a tensor's shape or strides are not a tuple of at most {ArrayShape.MaxRank} numbers");
        return Array.ConvertAll(tuple.Items, item => item is long and >= 0 and var number
            ? (long)number
            : throw Fault(string.Create(CultureInfo.InvariantCulture, $"a tensor's shape or strides hold {item ?? "None"} where a number from 0 was due")));
    }

    private static bool IsEmpty(object? value) => value is null or PickleDict { Entries.Count: 0 };

    private WeightFileException Fault(string what) => new(path, what + "; the file is damaged or was not written by torch.save.");
}
