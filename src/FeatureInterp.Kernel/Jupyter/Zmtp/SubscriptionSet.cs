namespace FeatureInterp.Kernel.Jupyter.Zmtp;

/// <summary>What one peer wants to hear: beginnings of topics. One that was asked for twice must be cancelled twice.</summary>
internal sealed class SubscriptionSet
{
    /// <summary>Bytes of all beginnings together, and how many there may be.</summary>
    public const int MaxBytes = 1 << 20, MaxCount = 10_000;

    private readonly Lock _lock = new();
    private readonly Dictionary<byte[], int> _prefixes = new(BytesComparer.Instance);
    private int _bytes;

    /// <summary>Adds one.</summary>
    /// <exception cref="ZmtpProtocolException">There are too many.</exception>
    public void Add(ReadOnlySpan<byte> prefix)
    {
        lock (_lock)
        {
            var key = prefix.ToArray();
            if (_prefixes.TryGetValue(key, out var times))
            {
                _prefixes[key] = times == int.MaxValue ? times : times + 1;
                return;
            }

            if (_prefixes.Count == MaxCount || key.Length > MaxBytes - _bytes)
                throw new ZmtpProtocolException($"A peer subscribes to more than {MaxCount} topics or {MaxBytes} bytes of them.");
            _prefixes.Add(key, 1);
            _bytes += key.Length;
        }
    }

    /// <summary>Takes one away; nothing happens where it is not there.</summary>
    public void Remove(ReadOnlySpan<byte> prefix)
    {
        lock (_lock)
        {
            var key = prefix.ToArray();
            if (!_prefixes.TryGetValue(key, out var times))
                return;
            if (times > 1)
            {
                _prefixes[key] = times - 1;
                return;
            }

            _prefixes.Remove(key);
            _bytes -= key.Length;
        }
    }

    /// <summary>Whether the topic begins with any of them.</summary>
    public bool Matches(ReadOnlySpan<byte> topic)
    {
        lock (_lock)
        {
            foreach (var prefix in _prefixes.Keys)
                if (topic.StartsWith(prefix))
                    return true;
        }

        return false;
    }
}
