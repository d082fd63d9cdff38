namespace FeatureInterp.Kernel.Jupyter;

/// <summary>The cells run so far that asked to be remembered, oldest first. Bounded in number and in characters; the oldest go first.</summary>
/// <param name="maxEntries">Cells kept.</param>
/// <param name="maxCharacters">Characters of code and output kept together.</param>
internal sealed class ExecutionHistory(int maxEntries = 10_000, long maxCharacters = 16 << 20)
{
    private readonly Lock _gate = new();
    private readonly Queue<HistoryEntry> _entries = new();
    private long _characters;

    /// <summary>The number of the last cell that was counted.</summary>
    public int Count { get; private set; }

    /// <summary>Counts a cell; its number.</summary>
    public int Next()
    {
        lock (_gate)
            return ++Count;
    }

    /// <summary>Remembers a cell.</summary>
    public void Add(HistoryEntry entry)
    {
        lock (_gate)
        {
            _entries.Enqueue(entry);
            _characters += entry.Length;
            while (_entries.Count > maxEntries || (_characters > maxCharacters && _entries.Count > 1))
                _characters -= _entries.Dequeue().Length;
        }
    }

    /// <summary>What is remembered, oldest first.</summary>
    public IReadOnlyList<HistoryEntry> Entries
    {
        get
        {
            lock (_gate)
                return [.. _entries];
        }
    }
}

/// <summary>A cell that was run.</summary>
/// <param name="Number">Its execution count.</param>
/// <param name="Code">Its text.</param>
/// <param name="Output">Its value in plain text, or null.</param>
internal sealed record HistoryEntry(int Number, string Code, string? Output)
{
    /// <summary>Characters it takes.</summary>
    public long Length => Code.Length + (Output?.Length ?? 0);
}
