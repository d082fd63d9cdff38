namespace FeatureInterp.Kernel.Jupyter.Zmtp;

/// <summary>A frame as it was received.</summary>
/// <param name="Flags">What the header said.</param>
/// <param name="Body">Its bytes.</param>
internal readonly record struct Frame(FrameFlags Flags, byte[] Body)
{
    /// <summary>Whether it is a command, not part of a message.</summary>
    public bool IsCommand => Flags.HasFlag(FrameFlags.Command);

    /// <summary>Whether another frame of the same message follows.</summary>
    public bool HasMore => Flags.HasFlag(FrameFlags.More);
}

/// <summary>Reads greeting and frames from one peer. Memory is taken as bytes come, never on a header's word.</summary>
/// <param name="stream">What the peer sends.</param>
/// <param name="budget">What all peers may have taken for messages that are not complete yet.</param>
internal sealed class FrameReader(Stream stream, Quota budget) : IDisposable
{
    // What is taken for a long frame at first; doubled each time that many bytes have come.
    private const int FirstBytes = 1 << 16;

    private readonly byte[] _buffer = new byte[1 << 14];
    private int _start, _end;
    private long _pieces, _held;

    private ReadOnlySpan<byte> Buffered => _buffer.AsSpan(_start, _end - _start);

    /// <summary>Reads the peer's greeting, and gives up at the first byte that is wrong.</summary>
    /// <exception cref="ZmtpProtocolException">Not a greeting of ZMTP 3 with the mechanism NULL.</exception>
    public async ValueTask ReadGreetingAsync(CancellationToken stop)
    {
        while (!Greeting.IsComplete(Buffered))
            if (!await FillAsync(stop).ConfigureAwait(false))
                throw new EndOfStreamException("The peer left within its greeting.");
        _start += Greeting.Length;
    }

    /// <summary>Reads the next frame; null where the peer has closed the connection between two frames.</summary>
    /// <param name="mostBytes">Bytes that a frame of a message may have; commands have a limit of their own.</param>
    /// <param name="stop">Ends the wait.</param>
    /// <exception cref="ZmtpProtocolException">A broken or too long frame.</exception>
    /// <exception cref="EndOfStreamException">The connection was closed within a frame.</exception>
    public async ValueTask<Frame?> ReadAsync(long mostBytes, CancellationToken stop)
    {
        FrameHeader header;
        int size;
        while (!FrameHeader.TryRead(Buffered, out header, out size))
            if (!await FillAsync(stop).ConfigureAwait(false))
                return _start == _end ? null : throw new EndOfStreamException("The peer left within the header of a frame.");
        var most = header.Flags.HasFlag(FrameFlags.Command) ? CommandCodec.MaxBytes : Math.Min(mostBytes, Array.MaxLength);
        if (header.Length > most)
            throw new ZmtpProtocolException($"A frame has {header.Length} bytes where {most} are allowed.");
        _start += size;
        return new Frame(header.Flags, await ReadBodyAsync((int)header.Length, stop).ConfigureAwait(false));
    }

    /// <summary>Says that the frames read so far have been handed on or dropped.</summary>
    public void Release()
    {
        budget.Return(_pieces, _held);
        (_pieces, _held) = (0, 0);
    }

    /// <summary>Gives back what the peer had taken.</summary>
    public void Dispose() => Release();

    private async ValueTask<byte[]> ReadBodyAsync(int length, CancellationToken stop)
    {
        if (length == 0)
            return [];
        var body = new byte[Math.Min(length, Take(Math.Min(length, FirstBytes)))];
        var filled = Math.Min(body.Length, _end - _start);
        Buffered[..filled].CopyTo(body);
        _start += filled;
        while (filled < length)
        {
            if (filled == body.Length)
                Array.Resize(ref body, body.Length + Take((int)Math.Min(length - body.Length, (long)body.Length)));
            filled += await ReadPieceAsync(body.AsMemory(filled), stop).ConfigureAwait(false);
        }

        return body;
    }

    // The end of a body comes through the buffer, together with the frames behind it; long stretches go straight to their place.
    private async ValueTask<int> ReadPieceAsync(Memory<byte> destination, CancellationToken stop)
    {
        if (_start == _end && destination.Length >= _buffer.Length)
        {
            var read = await stream.ReadAsync(destination, stop).ConfigureAwait(false);
            return read > 0 ? read : throw new EndOfStreamException("The peer left within a frame.");
        }

        if (_start == _end && !await FillAsync(stop).ConfigureAwait(false))
            throw new EndOfStreamException("The peer left within a frame.");
        var part = Math.Min(destination.Length, _end - _start);
        Buffered[..part].CopyTo(destination.Span);
        _start += part;
        return part;
    }

    private int Take(int bytes)
    {
        if (!budget.TryTake(bytes))
            throw new ZmtpProtocolException("All peers together send more at a time than there may be.");
        _pieces++;
        _held += bytes;
        return bytes;
    }

    private async ValueTask<bool> FillAsync(CancellationToken stop)
    {
        if (_start > 0)
        {
            Buffered.CopyTo(_buffer);
            (_start, _end) = (0, _end - _start);
        }

        var read = await stream.ReadAsync(_buffer.AsMemory(_end), stop).ConfigureAwait(false);
        _end += read;
        return read > 0;
    }
}
