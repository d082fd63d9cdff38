using FeatureInterp.Tensors;

namespace FeatureInterp.Kernel.Analyses;

/// <summary>
/// The keys of a request, or of a mapping in it. What is asked for is remembered: at the end, a key that nobody asked for is an error that names the nearest of those asked for,
/// and only then is one that was needed and missing, so that a misspelt key is called misspelt.
/// </summary>
/// <param name="where">What to call it in messages: the file, and the key it is under.</param>
/// <param name="node">The mapping.</param>
internal sealed class RequestMap(string where, MapNode node)
{
    private readonly List<string> _known = [];
    private readonly List<string> _missing = [];

    /// <summary>The keys that are there and hold something.</summary>
    public IEnumerable<string> Keys => node.Entries.Where(e => e.Value is not ScalarNode { IsNothing: true }).Select(e => e.Key);

    /// <summary>A value that has to be there. When it is not, <see cref="Finish"/> says so, and until then it is <c>default</c>: do not look at it before.</summary>
    /// <param name="key">Its key.</param>
    /// <param name="read">Reads it.</param>
    public T Need<T>(string key, Func<RequestValue, T> read)
    {
        if (Find(key) is { } value)
            return read(value);
        _missing.Add(key);
        return default!;
    }

    /// <summary>A value that may be left out.</summary>
    /// <param name="key">Its key.</param>
    /// <param name="read">Reads it.</param>
    /// <param name="otherwise">What it is when it is left out.</param>
    public T Or<T>(string key, Func<RequestValue, T> read, T otherwise) => Find(key) is { } value ? read(value) : otherwise;

    /// <summary>Exactly one of several values.</summary>
    /// <param name="choices">Their keys, and what reads each.</param>
    /// <exception cref="RequestException">None or several are there.</exception>
    public T OneOf<T>(params IReadOnlyList<(string Key, Func<RequestValue, T> Read)> choices)
    {
        (RequestValue? Value, Func<RequestValue, T> Read)[] found = [.. choices.Select(c => (Find(c.Key), c.Read)).Where(c => c.Item1 is not null)];
        Unknown();
        return found is [var (value, read)] ? read(value!)
            : throw new RequestException($"{where}, line {node.Line}: {found.Length} of {string.Join(", ", choices.Select(c => c.Key))} are given; give exactly one.");
    }

    /// <summary>Every value, whatever its key.</summary>
    public IReadOnlyList<(string Key, RequestValue Value)> All()
    {
        _known.AddRange(node.Entries.Keys);
        return [.. node.Entries.Select(e => (e.Key, new RequestValue($"{where}, line {e.Value.Line}: {e.Key}", where, e.Value)))];
    }

    /// <summary>Says what was not asked for, or not there.</summary>
    /// <exception cref="RequestException">A key is unknown, or one is missing.</exception>
    public void Finish()
    {
        Unknown();
        if (_missing.Count > 0)
            throw new RequestException($"{where}, line {node.Line}: there is no '{_missing[0]}'{(_missing.Count > 1 ? $", nor {string.Join(", ", _missing.Skip(1).Select(m => $"'{m}'"))}" : "")}; a request of this kind needs it.");
    }

    private void Unknown()
    {
        foreach (var (key, value) in node.Entries)
        {
            if (!_known.Contains(key, StringComparer.Ordinal))
                throw new RequestException($"{where}, line {value.Line}: '{key}' is no key here; did you mean '{NearestName.Of(key, _known)}'?");
        }
    }

    private RequestValue? Find(string key)
    {
        _known.Add(key);
        return node.Entries.TryGetValue(key, out var value) && value is not ScalarNode { IsNothing: true }
            ? new RequestValue($"{where}, line {value.Line}: {key}", where, value) : null;
    }
}
