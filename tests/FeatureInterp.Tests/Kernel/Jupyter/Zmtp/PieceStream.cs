namespace FeatureInterp.Tests.Kernel.Jupyter.Zmtp;

/// <summary>Gives bytes in pieces of the lengths asked for, as a connection may; then they end.</summary>
internal sealed class PieceStream : MemoryStream
{
    private readonly byte[] _bytes;
    private readonly int[] _pieces;
    private int _reads;

    public PieceStream(byte[] bytes, params int[] pieces) : base(bytes) => (_bytes, _pieces) = (bytes, pieces);

    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        var most = _pieces.Length == 0 ? buffer.Length : Math.Max(1, _pieces[_reads++ % _pieces.Length]);
        var from = (int)Position;
        var read = Math.Min(Math.Min(most, buffer.Length), _bytes.Length - from);
        _bytes.AsSpan(from, read).CopyTo(buffer.Span);
        Position += read;
        return ValueTask.FromResult(read);
    }
}
