using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace FeatureInterp.Kernel.Jupyter;

/// <summary>
/// A file beside the connection file that is there while a cell runs. A process that ends on the way (a stack overflow,
/// <c>Environment.Exit</c>, killed for its memory) leaves it, and the kernel started in its place, which gets the same connection
/// file, can say what happened.
/// </summary>
internal sealed class CrashNotes : ICellWatch
{
    private const int MaxBytes = 16 << 10;
    private const int LongestLine = 200;
    private const string Guess = "most likely endless recursion (a stack overflow), or the system took back its memory";

    private readonly Lock _gate = new();
    private readonly string _path;
    private string? _untold;
    private (string Name, string Line)? _running;

    /// <summary>Reads and removes what the last kernel left.</summary>
    /// <param name="connectionFile">The path of the connection file.</param>
    public CrashNotes(string connectionFile)
    {
        _path = connectionFile + ".cell";
        Report = _untold = Read(_path);
        Remove();
    }

    /// <inheritdoc/>
    public string? Report { get; }

    /// <inheritdoc/>
    public string? TakeReport() => Interlocked.Exchange(ref _untold, null);

    /// <inheritdoc/>
    public IDisposable Begin(string name, string code)
    {
        var line = code.Split('\n').Select(l => l.Trim()).FirstOrDefault(l => l.Length > 0) ?? "";
        lock (_gate)
        {
            _running = (name, line.Length <= LongestLine ? line : line[..LongestLine] + "…");
            Write(Guess);
        }

        return new Ended(this);
    }

    /// <summary>Says better than a guess why the process ends while a cell runs; does nothing when none does.</summary>
    /// <returns>The cell's name, or null.</returns>
    public string? Explain(string why)
    {
        lock (_gate)
        {
            if (_running is null)
                return null;
            Write(why);
            return _running.Value.Name;
        }
    }

    /// <summary>Ends the watch: the process ends because it was asked to.</summary>
    public void Close()
    {
        lock (_gate)
        {
            _running = null;
            Remove();
        }
    }

    private void Write(string why)
    {
        try
        {
            File.WriteAllText(_path, new JsonObject { ["cell"] = _running!.Value.Name, ["line"] = _running.Value.Line, ["why"] = why }.ToJsonString());
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // A cell runs as well without a note.
        }
    }

    private void Remove()
    {
        try
        {
            File.Delete(_path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // Then the next kernel tells a little more than is true.
        }
    }

    private static string? Read(string path)
    {
        try
        {
            if (!File.Exists(path) || new FileInfo(path).Length > MaxBytes)
                return null;
            var note = JsonNode.Parse(File.ReadAllText(path));
            return string.Create(CultureInfo.InvariantCulture, $"The kernel before this one ended while it ran {(string?)note?["cell"]} ({(string?)note?["line"]}): {(string?)note?["why"]}. Variables are gone; run the notebook from its top.");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or JsonException or InvalidOperationException or ArgumentException)
        {
            return null;
        }
    }

    private sealed class Ended(CrashNotes notes) : IDisposable
    {
        public void Dispose() => notes.Close();
    }
}
