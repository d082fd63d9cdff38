namespace FeatureInterp.Tensors;

/// <summary>A tuple of a pickle.</summary>
internal sealed record PickleTuple(object?[] Items);

/// <summary>A function or class that a pickle names; only those of <see cref="TorchGlobals"/> are ever made.</summary>
internal sealed record PickleGlobal(string Name);

/// <summary>A dictionary of a pickle, in the order its keys were first set; a key set again has the later value, as in Python.</summary>
internal sealed class PickleDict
{
    // Made with the first key: an instruction of one byte must not cost much.
    private Dictionary<object, int>? _places;
    private List<(object Key, object? Value)>? _entries;

    public IReadOnlyList<(object Key, object? Value)> Entries => _entries ?? [];

    /// <summary>Sets a key, which is a string or a 64-bit integer.</summary>
    public void Set(object key, object? value)
    {
        _places ??= [];
        _entries ??= [];
        if (_places.TryAdd(key, _entries.Count))
            _entries.Add((key, value));
        else
            _entries[_places[key]] = (key, value);
    }
}

/// <summary>The memory of tensors: the member <c>data/KEY</c> with so many elements.</summary>
internal sealed record TorchStorage(DType DType, string Key, long Count);

/// <summary>A view of a storage: element <c>[i₀, i₁, …]</c> is at <c>Offset + Σ iₖ·Strideₖ</c>, in elements.</summary>
internal sealed record TorchTensor(TorchStorage Storage, long Offset, long[] Shape, long[] Strides);
