using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;
using FeatureInterp.Kernel.Notebooks;

namespace FeatureInterp.Kernel.Jupyter;

/// <summary>
/// Gathers one cell's writes to its two streams into few messages, in the order written, and cuts what is too long for a notebook.
/// Not locked on its own by callers: safe from any thread.
/// </summary>
/// <param name="outlet">Where messages go.</param>
/// <param name="parent">The request whose output this is.</param>
/// <param name="flusher">Flushes after a moment.</param>
/// <param name="overflow">Keeps the whole when the user asked for it, or null.</param>
internal sealed class StreamBuffer(IMessageOutlet outlet, MessageHeader parent, StreamFlusher flusher, OverflowFile? overflow)
{
    /// <summary>Characters of both streams together that are sent for one cell.</summary>
    public const int MaxSent = 1 << 20;

    private const int LongestMessage = 64 << 10;

    private readonly Lock _gate = new();
    private readonly StringBuilder _pending = new();
    private StandardStream _stream;
    private long _taken;

    /// <summary>Takes text for a stream.</summary>
    public void Write(StandardStream stream, string text)
    {
        lock (_gate)
        {
            var room = MaxSent - _taken;
            _taken += text.Length;
            overflow?.Write(text, overflows: _taken > MaxSent);
            if (room <= 0)
                return;
            Append(stream, text.Length <= room ? text : Cut(text, (int)room));
            if (text.Length > room)
                Append(StandardStream.Error, Note());
        }
    }

    /// <summary>Sends what waits.</summary>
    public void Flush()
    {
        lock (_gate)
        {
            if (_pending.Length == 0)
                return;
            var content = new JsonObject { ["name"] = _stream == StandardStream.Output ? "stdout" : "stderr", ["text"] = _pending.ToString() };
            _pending.Clear();
            outlet.Publish("stream", parent, content);
        }
    }

    /// <summary>Sends what waits, then what <paramref name="then"/> sends, and nothing between.</summary>
    public void FlushThen(Action then)
    {
        lock (_gate)
        {
            Flush();
            then();
        }
    }

    private void Append(StandardStream stream, string text)
    {
        if (_pending.Length > 0 && _stream != stream)
            Flush();
        _stream = stream;
        if (_pending.Length == 0)
            flusher.Soon(this);
        _pending.Append(text);
        // A message grows with the writes of 50 ms, and those have no bound of their own.
        if (_pending.Length >= LongestMessage)
            Flush();
    }

    // A pair of surrogates is one character; half of it is none.
    private static string Cut(string text, int room) => text[..(room > 0 && char.IsHighSurrogate(text[room - 1]) ? room - 1 : room)];

    private string Note() => string.Create(CultureInfo.InvariantCulture, $"\n… over {MaxSent} characters: the rest of this cell's output is not sent{overflow?.Where ?? $"; set {OverflowFile.Variable}=1 before starting to have such output saved whole"}\n");
}
