using System.Diagnostics.CodeAnalysis;

namespace FeatureInterp.Tensors;

/// <summary>
/// The metadata of a GGUF file: what its author says of the model, by names such as <c>llama.block_count</c>. The <c>TryGet…</c>
/// methods give false where a name is missing and throw <see cref="WeightFileException"/> where it holds another kind of value.
/// </summary>
public sealed class GgufMetadata
{
    private readonly Dictionary<string, GgufValue> _values;

    internal GgufMetadata(string path, Dictionary<string, GgufValue> values)
    {
        Path = path;
        _values = values;
    }

    /// <summary>The file.</summary>
    public string Path { get; }

    /// <summary>The number of names.</summary>
    public int Count => _values.Count;

    /// <summary>All names, in the file's order.</summary>
    public IReadOnlyCollection<string> Keys => _values.Keys;

    /// <summary>The value of this name.</summary>
    /// <param name="key">The name.</param>
    /// <exception cref="WeightFileException">There is none; the message gives the nearest.</exception>
    public GgufValue this[string key] => _values.TryGetValue(key, out var value)
        ? value
        : throw new WeightFileException(Path, $"there is no metadata '{key}'; the nearest name is '{NearestName.Of(key, _values.Keys.Where(k => k.Length < 256))}'.");

    /// <summary>The value of this name, if there is one.</summary>
    /// <param name="key">The name.</param>
    /// <param name="value">The value.</param>
    public bool TryGetValue(string key, [NotNullWhen(true)] out GgufValue? value) => _values.TryGetValue(key, out value);

    /// <summary>A text.</summary>
    /// <param name="key">Its name.</param>
    /// <param name="value">The text.</param>
    /// <exception cref="WeightFileException">The name holds something else.</exception>
    public bool TryGetString(string key, [NotNullWhen(true)] out string? value) => (value = Find(key)?.AsString()) is not null;

    /// <summary>A whole number of any width.</summary>
    /// <param name="key">Its name.</param>
    /// <param name="value">The number; 0 when there is none.</param>
    /// <exception cref="WeightFileException">The name holds something else, or a number beyond 2⁶³ − 1.</exception>
    public bool TryGetInteger(string key, out long value)
    {
        var found = Find(key);
        value = found?.AsInteger() ?? 0;
        return found is not null;
    }

    /// <summary>A number, whole or not.</summary>
    /// <param name="key">Its name.</param>
    /// <param name="value">The number; 0 when there is none.</param>
    /// <exception cref="WeightFileException">The name holds something else.</exception>
    public bool TryGetNumber(string key, out double value)
    {
        var found = Find(key);
        value = found?.AsNumber() ?? 0;
        return found is not null;
    }

    /// <summary>A truth value.</summary>
    /// <param name="key">Its name.</param>
    /// <param name="value">The value; false when there is none.</param>
    /// <exception cref="WeightFileException">The name holds something else.</exception>
    public bool TryGetBool(string key, out bool value)
    {
        var found = Find(key);
        value = found?.AsBool() ?? false;
        return found is not null;
    }

    /// <summary>A list of texts, read afresh at every call.</summary>
    /// <param name="key">Its name.</param>
    /// <param name="values">The texts.</param>
    /// <exception cref="WeightFileException">The name holds something else.</exception>
    public bool TryGetStrings(string key, [NotNullWhen(true)] out string[]? values) => (values = Find(key)?.AsStrings()) is not null;

    /// <summary>A list of whole numbers of any width, read afresh at every call.</summary>
    /// <param name="key">Its name.</param>
    /// <param name="values">The numbers.</param>
    /// <exception cref="WeightFileException">The name holds something else.</exception>
    public bool TryGetIntegers(string key, [NotNullWhen(true)] out long[]? values) => (values = Find(key)?.AsIntegers()) is not null;

    /// <summary>A list of numbers, whole or not, read afresh at every call.</summary>
    /// <param name="key">Its name.</param>
    /// <param name="values">The numbers.</param>
    /// <exception cref="WeightFileException">The name holds something else.</exception>
    public bool TryGetNumbers(string key, [NotNullWhen(true)] out double[]? values) => (values = Find(key)?.AsNumbers()) is not null;

    private GgufValue? Find(string key) => _values.GetValueOrDefault(key);
}
