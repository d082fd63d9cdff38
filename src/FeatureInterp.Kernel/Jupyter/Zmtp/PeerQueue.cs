using System.Threading.Channels;

namespace FeatureInterp.Kernel.Jupyter.Zmtp;

/// <summary>What is sent to a peer at a time: a message's frames, or one command.</summary>
/// <param name="Frames">The frames; nobody may change their bytes any more.</param>
/// <param name="IsCommand">Whether the one frame is a command.</param>
internal readonly record struct Outgoing(byte[][] Frames, bool IsCommand)
{
    // An array costs memory even where it is empty.
    private const long BytesPerFrame = 32;

    /// <summary>What it counts for in a quota.</summary>
    public long Size => SizeOf(Frames);

    /// <summary>What these frames count for in a quota.</summary>
    public static long SizeOf(byte[][] frames)
    {
        var size = frames.Length * BytesPerFrame;
        foreach (var frame in frames)
            size += frame.Length;
        return size;
    }
}

/// <summary>What waits to be written to one peer. Anybody may add; only the peer's writer takes.</summary>
/// <param name="limits">How much may wait.</param>
internal sealed class PeerQueue(ZmtpLimits limits)
{
    private readonly Quota _quota = new(limits.QueuedMessages, limits.QueuedBytes);
    private readonly Channel<Outgoing> _channel = Channel.CreateUnbounded<Outgoing>(new UnboundedChannelOptions { SingleReader = true });

    /// <summary>Adds at the end; false where the queue is full or closed.</summary>
    public bool TryAdd(Outgoing item)
    {
        var size = item.Size;
        if (!_quota.TryTake(size))
            return false;
        if (_channel.Writer.TryWrite(item))
            return true;
        _quota.Return(1, size);
        return false;
    }

    /// <summary>Adds at the end as soon as there is room; nothing happens where the queue is closed.</summary>
    public async ValueTask AddAsync(Outgoing item, CancellationToken stop)
    {
        var size = item.Size;
        await _quota.TakeAsync(size, stop).ConfigureAwait(false);
        if (!_channel.Writer.TryWrite(item))
            _quota.Return(1, size);
    }

    /// <summary>Waits for something to write; false once the queue is closed and empty.</summary>
    public ValueTask<bool> WaitAsync(CancellationToken stop) => _channel.Reader.WaitToReadAsync(stop);

    /// <summary>Takes the first; it counts as waiting until <see cref="Written"/>.</summary>
    public bool TryTake(out Outgoing item) => _channel.Reader.TryRead(out item);

    /// <summary>Says that what was taken has been written.</summary>
    public void Written(long messages, long bytes) => _quota.Return(messages, bytes);

    /// <summary>Waits until everything has been written or dropped.</summary>
    public Task EmptyAsync(CancellationToken stop) => _quota.EmptyAsync(stop);

    /// <summary>Takes no more.</summary>
    public void Close() => _channel.Writer.TryComplete();

    /// <summary>Takes no more, and drops what waits: nobody is there to read it. Only the peer's writer may call it, at its end.</summary>
    public void Drop()
    {
        Close();
        while (TryTake(out var item))
            _quota.Return(1, item.Size);
    }
}
