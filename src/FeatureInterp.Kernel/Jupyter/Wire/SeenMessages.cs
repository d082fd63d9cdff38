using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;

namespace FeatureInterp.Kernel.Jupyter;

/// <summary>
/// Remembers the last messages, so that one recorded on its way and sent again is not obeyed twice. Keeps 16 bytes a message for the
/// last <paramref name="capacity"/>; one older than that would be taken for new.
/// </summary>
/// <param name="capacity">How many are remembered, at least 1.</param>
internal sealed class SeenMessages(int capacity = 1 << 16)
{
    private readonly Lock _gate = new();
    private readonly HashSet<UInt128> _known = [];
    private readonly Queue<UInt128> _order = new();

    /// <summary>Notes a message; false when it was noted before.</summary>
    /// <param name="session">The sender's session.</param>
    /// <param name="id">The message's id.</param>
    public bool IsNew(string session, string id)
    {
        // Hashed to a fixed size: the sender chooses how long an id is.
        var digest = BinaryPrimitives.ReadUInt128LittleEndian(SHA256.HashData(Encoding.UTF8.GetBytes($"{session.Length}:{session}{id}")));
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
