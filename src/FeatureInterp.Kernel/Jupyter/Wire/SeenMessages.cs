using System.Globalization;

namespace FeatureInterp.Kernel.Jupyter;

/// <summary>
/// Remembers the signatures of the last messages, so that one recorded on its way and sent again is not obeyed twice. Signatures and
/// not message ids: a signature covers the time of sending, while the parts of one Jupyter client have been seen to give the same id
/// to different messages. Keeps 16 bytes a message for the last <paramref name="capacity"/>; one older than that would be taken for new.
/// </summary>
/// <param name="capacity">How many are remembered, at least 1.</param>
internal sealed class SeenMessages(int capacity = 1 << 16)
{
    private const int Digits = 32; // half of a SHA-256 in hexadecimal

    private readonly Lock _gate = new();
    private readonly HashSet<UInt128> _known = [];
    private readonly Queue<UInt128> _order = new();

    /// <summary>Notes a message; false when it was noted before.</summary>
    /// <param name="signature">Its signature, 64 hexadecimal digits, found to be right.</param>
    public bool IsNew(ReadOnlySpan<byte> signature)
    {
        var digest = UInt128.Parse(signature[..Digits], NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture);
        lock (_gate)
        {
            if (!_known.Add(digest))
                return false;
            _order.Enqueue(digest);
            if (_order.Count > capacity)
                _known.Remove(_order.Dequeue());
            return true;
        }
    }
}
