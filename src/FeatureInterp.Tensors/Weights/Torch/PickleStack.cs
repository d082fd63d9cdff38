namespace FeatureInterp.Tensors;

/// <summary>The stack of the pickle machine, with marks below which nothing is taken until the mark itself is.</summary>
internal sealed class PickleStack(string path)
{
    private readonly List<object?> _items = [];
    private readonly Stack<int> _marks = new();

    public bool IsEmpty => _items.Count == 0 && _marks.Count == 0;

    private int Available => _items.Count - (_marks.TryPeek(out var mark) ? mark : 0);

    public void Push(object? item) => _items.Add(item);

    public void Mark() => _marks.Push(_items.Count);

    public object? Peek() => Available > 0 ? _items[^1] : throw Underflow();

    public object? Pop() => Pop(1)[0];

    /// <summary>The last objects, the deepest first.</summary>
    public object?[] Pop(int count)
    {
        if (Available < count)
            throw Underflow();
        var items = _items[^count..].ToArray();
        _items.RemoveRange(_items.Count - count, count);
        return items;
    }

    /// <summary>All objects above the last mark, and the mark.</summary>
    public object?[] PopToMark()
    {
        var items = _marks.Count > 0 ? Pop(Available) : throw Underflow();
        _marks.Pop();
        return items;
    }

    /// <summary>Takes the last object away, or the mark when nothing is above it.</summary>
    public void Discard()
    {
        if (Available == 0 && _marks.Count > 0)
            _marks.Pop();
        else
            Pop();
    }

    private WeightFileException Underflow() => new(path, "the pickle takes objects that it has not made; the file is damaged or was not written by torch.save.");
}
