using System.Collections.Immutable;
using System.Text;
using FeatureInterp.Kernel.Notebooks;
using FeatureInterp.Kernel.Scripting;

namespace FeatureInterp.Kernel.Runner;

/// <summary>Collects one cell's outputs in order and passes them on as they come. Neighbouring writes to one stream become one output.</summary>
internal sealed class CellRecorder(IReadOnlyList<IRunObserver> observers) : IOutputSink
{
    private const long MaxStored = 64L << 20;

    private readonly Lock _gate = new();
    private readonly List<CellOutput> _outputs = [];
    private StandardStream _stream;
    private StringBuilder? _open;
    private long _streamed;
    private long _stored;
    private bool _sealed;
    private bool _clearNext;

    /// <summary>The outputs so far.</summary>
    public ImmutableArray<CellOutput> Outputs
    {
        get
        {
            lock (_gate)
            {
                // The stream stays open: looking at it must not make two outputs of it.
                return _open is { Length: > 0 } ? [.. _outputs, new StreamOutput(_stream, _open.ToString())] : [.. _outputs];
            }
        }
    }

    /// <summary>Ends recording: what a thread left behind still writes is dropped, updates of shown values are not.</summary>
    public void Seal()
    {
        lock (_gate)
            _sealed = true;
    }

    public void WriteStream(StandardStream stream, string text)
    {
        lock (_gate)
        {
            if (_sealed)
                return;
            if (_clearNext)
                Clear();
            Store(stream, text);
            foreach (var observer in observers)
                observer.StreamWritten(stream, text);
        }
    }

    public void Display(MimeBundle data, string displayId)
    {
        lock (_gate)
        {
            if (_sealed)
                return;
            if (_clearNext)
                Clear();
            CloseStream();
            if ((_stored += data.Length) <= MaxStored)
                _outputs.Add(new DisplayOutput(data, displayId));
            else if (_outputs is not [.., StreamOutput { Stream: StandardStream.Error }])
                _outputs.Add(new StreamOutput(StandardStream.Error, "… this cell shows more than is stored; the rest is left out\n"));
            foreach (var observer in observers)
                observer.Displayed(data);
        }
    }

    public void UpdateDisplay(MimeBundle data, string displayId)
    {
        lock (_gate)
        {
            var place = _outputs.FindIndex(o => o is DisplayOutput d && string.Equals(d.DisplayId, displayId, StringComparison.Ordinal));
            if (place < 0)
                return;
            _outputs[place] = new DisplayOutput(data, displayId);
            foreach (var observer in observers)
                observer.Updated(data, displayId);
        }
    }

    public void ClearOutput(bool wait)
    {
        lock (_gate)
        {
            if (_sealed)
                return;
            _clearNext = wait;
            if (!wait)
                Clear();
        }
    }

    public string ReadLine(string prompt, bool password, CancellationToken token) =>
        throw new InvalidOperationException($"The cell asks for input ('{prompt}'), and in a headless run there is nobody to answer; make the value a parameter and set it with --set.");

    private void Clear()
    {
        _outputs.Clear();
        (_open, _streamed, _stored, _clearNext) = (null, 0, 0, false);
    }

    private void Store(StandardStream stream, string text)
    {
        if (_open is not null && _stream != stream)
            CloseStream();
        (_open, _stream) = (_open ?? new StringBuilder(), stream);
        var room = ValueFormatter.MaxText - _streamed;
        _streamed += text.Length;
        if (room > 0)
            _open.Append(text.Length <= room ? text : $"{text[..(int)room]}\n… the rest of this cell's output is not stored\n");
    }

    private void CloseStream()
    {
        if (_open is { Length: > 0 })
            _outputs.Add(new StreamOutput(_stream, _open.ToString()));
        _open = null;
    }
}
