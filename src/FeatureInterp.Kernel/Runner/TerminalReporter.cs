using System.Diagnostics;
using System.Globalization;
using FeatureInterp.Kernel.Notebooks;
using FeatureInterp.Kernel.Scripting;
using Spectre.Console;

namespace FeatureInterp.Kernel.Runner;

/// <summary>
/// Prints a run: <c>[3/12]</c> and the cell's first line, its output as it comes, its value as text, its time. On a terminal headings
/// are coloured and a cell over two seconds shows how long it has been at it; redirected output is plain text.
/// </summary>
public sealed class TerminalReporter : IRunObserver, IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(2);
    private readonly TextWriter _out;
    private readonly bool _live;
    private readonly bool _coloured;
    private readonly Lock _gate = new();
    private readonly Timer _timer;
    private readonly Stopwatch _clock = new();
    private readonly SortedDictionary<string, string> _updates = new(StringComparer.Ordinal);
    private string _progress = "";
    private bool _lineOpen;
    private bool _statusShown;

    /// <summary>A reporter.</summary>
    /// <param name="output">Where it prints.</param>
    /// <param name="live">Whether that is a terminal that understands ANSI sequences, so that a waiting line can come and go.</param>
    /// <param name="coloured">Whether headings and errors may be coloured.</param>
    public TerminalReporter(TextWriter output, bool live, bool coloured)
    {
        (_out, _live, _coloured) = (output, live, live && coloured);
        _timer = new Timer(_ => ShowStatus(), null, Timeout.Infinite, Timeout.Infinite);
    }

    /// <summary>A reporter on the process's standard output, with what the terminal can do found out (<c>NO_COLOR</c> is honoured).</summary>
    /// <param name="output">The standard output's writer.</param>
    public static TerminalReporter ForTerminal(TextWriter output)
    {
        var capabilities = AnsiConsole.Profile.Capabilities;
        return new TerminalReporter(output, capabilities.Ansi && !Console.IsOutputRedirected, capabilities.ColorSystem != ColorSystem.NoColors);
    }

    /// <inheritdoc/>
    public void CellStarting(CellPlace place, Cell cell)
    {
        lock (_gate)
        {
            _progress = string.Create(CultureInfo.InvariantCulture, $"[{place.Number}/{place.Count}]");
            _clock.Restart();
            if (!cell.IsCode)
            {
                Line($"{_progress} {(cell.IsRaw ? null : cell.Heading) ?? "(text)"}", Tone.Strong);
                return;
            }

            Line($"{_progress} {Label(cell)}", Tone.Soft);
            if (_live)
                _timer.Change(Patience, TimeSpan.FromMilliseconds(200));
        }
    }

    /// <inheritdoc/>
    public void StreamWritten(StandardStream stream, string text)
    {
        lock (_gate)
            Raw(text);
    }

    /// <inheritdoc/>
    public void Displayed(MimeBundle data)
    {
        lock (_gate)
            Line(data.PlainText ?? "", Tone.Plain);
    }

    /// <inheritdoc/>
    public void Updated(MimeBundle data, string displayId)
    {
        lock (_gate)
            _updates[displayId] = data.PlainText ?? "";
    }

    /// <inheritdoc/>
    public void CellFinished(CellPlace place, CellResult result, Notebook soFar)
    {
        lock (_gate)
        {
            _timer.Change(Timeout.Infinite, Timeout.Infinite);
            // A value may change a hundred times while a cell runs; what it came to is printed, once.
            foreach (var text in _updates.Values)
                Line(text, Tone.Plain);
            _updates.Clear();
            if (result.Value is { } value)
                Line(value.PlainText ?? "", Tone.Plain);
            if (result.Error is { } error)
                Line(string.Join('\n', error.Traceback), result.Status == CellStatus.Failed ? Tone.Bad : Tone.Strong);
            if (_clock.Elapsed > Patience)
                Line(string.Create(CultureInfo.InvariantCulture, $"{_progress} took {_clock.Elapsed.TotalSeconds:F1} s"), Tone.Soft);
        }
    }

    /// <summary>Prints a line of the runner's own.</summary>
    public void Note(string text)
    {
        lock (_gate)
            Line(text, Tone.Plain);
    }

    /// <inheritdoc/>
    public void Dispose() => _timer.Dispose();

    private static string Label(Cell cell)
    {
        var line = cell.Source.Split('\n').Select(l => l.Trim()).FirstOrDefault(l => l.Length > 0 && !l.StartsWith("#!", StringComparison.Ordinal)) ?? "";
        return line.Length <= 72 ? line : string.Concat(line.AsSpan(0, 71), "…");
    }

    private void Line(string text, Tone tone)
    {
        if (_lineOpen)
            Raw("\n");
        EraseStatus();
        foreach (var line in text.ReplaceLineEndings("\n").Split('\n'))
            _out.Write(Toned(Printable(line), tone) + "\n");
        _out.Flush();
    }

    private void Raw(string text)
    {
        EraseStatus();
        _out.Write(text);
        _out.Flush();
        _lineOpen = text.Length > 0 ? text[^1] != '\n' : _lineOpen;
    }

    private void ShowStatus()
    {
        lock (_gate)
        {
            if (_lineOpen || _clock.Elapsed < Patience)
                return;
            _out.Write(string.Create(CultureInfo.InvariantCulture, $"\r\u001b[K{_progress} {_clock.Elapsed.TotalSeconds:F0} s … Ctrl-C stops"));
            _out.Flush();
            _statusShown = true;
        }
    }

    private void EraseStatus()
    {
        if (_statusShown)
            _out.Write("\r\u001b[K");
        _statusShown = false;
    }

    private string Toned(string line, Tone tone) => !_coloured || tone == Tone.Plain || line.Length == 0
        ? line
        : $"\u001b[{tone switch { Tone.Strong => "1", Tone.Bad => "31", _ => "90" }}m{line}\u001b[0m";

    // A model's token may hold control characters; they are not to drive the terminal.
    private static string Printable(string line) =>
        line.Any(c => char.IsControl(c) && c != '\t') ? string.Concat(line.Select(c => char.IsControl(c) && c != '\t' ? '\uFFFD' : c)) : line;

    private enum Tone
    {
        Plain,
        Strong,
        Soft,
        Bad,
    }
}
