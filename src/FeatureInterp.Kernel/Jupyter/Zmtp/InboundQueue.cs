using System.Diagnostics.CodeAnalysis;
using System.Threading.Channels;

namespace FeatureInterp.Kernel.Jupyter.Zmtp;

/// <summary>Messages received that wait for this program. Where too many wait, peers are not read from.</summary>
/// <param name="limits">How much may wait.</param>
internal sealed class InboundQueue(ZmtpLimits limits) : ChannelReader<ZmtpMessage>
{
    private readonly Quota _quota = new(limits.QueuedMessages, limits.QueuedBytes);
    private readonly Channel<ZmtpMessage> _channel = Channel.CreateUnbounded<ZmtpMessage>();

    /// <inheritdoc/>
    public override Task Completion => _channel.Reader.Completion;

    /// <inheritdoc/>
    public override bool CanCount => true;

    /// <inheritdoc/>
    public override int Count => _channel.Reader.Count;

    /// <summary>Adds at the end as soon as there is room; nothing happens where the queue is closed.</summary>
    public async ValueTask AddAsync(ZmtpMessage message, CancellationToken stop)
    {
        var size = Outgoing.SizeOf(message.Frames);
        await _quota.TakeAsync(size, stop).ConfigureAwait(false);
        if (!_channel.Writer.TryWrite(message))
            _quota.Return(1, size);
    }

    /// <summary>Takes no more; what is there can still be read.</summary>
    public void Close() => _channel.Writer.TryComplete();

    /// <inheritdoc/>
    public override bool TryRead([MaybeNullWhen(false)] out ZmtpMessage item)
    {
        if (!_channel.Reader.TryRead(out item))
            return false;
        _quota.Return(1, Outgoing.SizeOf(item.Frames));
        return true;
    }

    /// <inheritdoc/>
    public override ValueTask<bool> WaitToReadAsync(CancellationToken cancellationToken = default) => _channel.Reader.WaitToReadAsync(cancellationToken);
}
