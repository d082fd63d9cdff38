using System.Globalization;

namespace FeatureInterp.Tensors;

/// <summary>
/// Flattens what a pickle made: the leaf under the keys <c>a</c>, <c>b</c> and place 2 of a list is named <c>a.b.2</c>. A file of one
/// bare leaf gives it the empty name.
/// </summary>
internal sealed class TorchTree(string path)
{
    /// <summary>The most objects that are visited, each time one is met counted.</summary>
    public const int MaxObjects = 1_000_000;

    private const int MaxDepth = 64, MaxNameLength = 2048, MaxNameCharacters = 32 << 20;

    private readonly HashSet<string> _names = new(StringComparer.Ordinal);
    private int _objects;
    private long _characters;

    /// <summary>Every tensor, by name; a bare storage is a tensor of one dimension.</summary>
    public List<(string Name, TorchTensor Tensor)> Tensors { get; } = [];

    /// <summary>Every other leaf, by name.</summary>
    public Dictionary<string, object?> Values { get; } = new(StringComparer.Ordinal);

    /// <summary>Adds an object and what it holds.</summary>
    public void Add(object? item) => Add("", item, 0);

    private void Add(string name, object? item, int depth)
    {
        if (depth > MaxDepth)
            throw Fault($"'{name[..Math.Min(name.Length, 64)]}…' lies more than {MaxDepth} containers deep, or a container holds itself");
        if (++_objects > MaxObjects)
            throw Fault($"there are more than {MaxObjects} objects");
        switch (item)
        {
            case PickleDict dict:
                foreach (var (key, value) in dict.Entries)
                    Add(Join(name, key as string ?? ((long)key).ToString(CultureInfo.InvariantCulture), depth), value, depth + 1);
                break;
            case List<object?> list:
                AddAll(name, list, depth);
                break;
            case PickleTuple tuple:
                AddAll(name, tuple.Items, depth);
                break;
            case TorchTensor tensor:
                Tensors.Add((Claim(name), tensor));
                break;
            case TorchStorage storage:
                Tensors.Add((Claim(name), new TorchTensor(storage, 0, [storage.Count], [1])));
                break;
            case PickleGlobal global:
                throw Fault($"'{name}' is the function {global.Name}");
            default:
                Values.Add(Claim(name), item);
                break;
        }
    }

    private void AddAll(string name, IReadOnlyList<object?> items, int depth)
    {
        for (var i = 0; i < items.Count; i++)
            Add(Join(name, i.ToString(CultureInfo.InvariantCulture), depth), items[i], depth + 1);
    }

    private string Join(string name, string key, int depth)
    {
        var length = name.Length + 1 + key.Length;
        _characters += length;
        return length <= MaxNameLength && _characters <= MaxNameCharacters
            ? depth == 0 ? key : name + "." + key
            : throw Fault($"a name takes {length} characters and all names {_characters} characters altogether, at most {MaxNameLength} and {MaxNameCharacters} are read");
    }

    private string Claim(string name) => _names.Add(name)
        ? name
        : throw Fault($"two things are named '{name}' once keys are joined by dots");

    private WeightFileException Fault(string what) => new(path, what + "; save only the tensors, in a plain state_dict.");
}
