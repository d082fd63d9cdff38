namespace FeatureInterp.Kernel.Jupyter.Zmtp;

/// <summary>
/// Writes one peer's queue to its connection. Small frames are put together and written in one go; long ones are written from
/// where they lie.
/// </summary>
/// <param name="stream">The connection; nobody else writes to it.</param>
internal sealed class PeerWriter(Stream stream)
{
    // A frame up to the first length is copied; a batch ends at the second.
    private const int MostCopied = 1 << 13, EnoughForOnce = 1 << 15;

    private readonly byte[] _buffer = new byte[EnoughForOnce + MostCopied + FrameHeader.MaxSize];
    private int _filled;

    /// <summary>Writes until the queue is closed and empty, or the connection is.</summary>
    public async Task RunAsync(PeerQueue queue, CancellationToken stop)
    {
        while (await queue.WaitAsync(stop).ConfigureAwait(false))
        {
            long messages = 0, bytes = 0;
            try
            {
                while (_filled < EnoughForOnce && bytes < EnoughForOnce && queue.TryTake(out var item))
                {
                    messages++;
                    bytes += item.Size;
                    await AddAsync(item, stop).ConfigureAwait(false);
                }

                await FlushAsync(stop).ConfigureAwait(false);
            }
            finally
            {
                queue.Written(messages, bytes);
            }
        }
    }

    private async ValueTask AddAsync(Outgoing item, CancellationToken stop)
    {
        for (var i = 0; i < item.Frames.Length; i++)
        {
            var frame = item.Frames[i];
            if (_filled >= EnoughForOnce)
                await FlushAsync(stop).ConfigureAwait(false);
            var flags = item.IsCommand ? FrameFlags.Command : i < item.Frames.Length - 1 ? FrameFlags.More : FrameFlags.None;
            _filled += FrameHeader.Write(_buffer.AsSpan(_filled), flags, frame.Length);
            if (frame.Length <= MostCopied)
            {
                frame.CopyTo(_buffer, _filled);
                _filled += frame.Length;
                continue;
            }

            await FlushAsync(stop).ConfigureAwait(false);
            await stream.WriteAsync(frame, stop).ConfigureAwait(false);
        }
    }

    private async ValueTask FlushAsync(CancellationToken stop)
    {
        if (_filled == 0)
            return;
        await stream.WriteAsync(_buffer.AsMemory(0, _filled), stop).ConfigureAwait(false);
        _filled = 0;
    }
}
