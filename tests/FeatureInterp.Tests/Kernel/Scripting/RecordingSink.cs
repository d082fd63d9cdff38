using System.Collections.Concurrent;
using FeatureInterp.Kernel.Notebooks;
using FeatureInterp.Kernel.Scripting;

namespace FeatureInterp.Tests.Kernel.Scripting;

/// <summary>A session's cells run one after another, with what they put out.</summary>
internal sealed class Cells(string? folder = null) : IOutputSink
{
    private readonly CSharpSession _session = new(folder ?? AppContext.BaseDirectory);
    private int _count;

    public CSharpSession Session => _session;

    public ConcurrentQueue<(StandardStream Stream, string Text)> Streams { get; } = new();

    public ConcurrentQueue<(string Id, MimeBundle Data)> Displays { get; } = new();

    public ConcurrentQueue<(string Id, MimeBundle Data)> Updates { get; } = new();

    public string Out => string.Concat(Streams.Where(s => s.Stream == StandardStream.Output).Select(s => s.Text));

    public string Err => string.Concat(Streams.Where(s => s.Stream == StandardStream.Error).Select(s => s.Text));

    public Task<CellResult> RunAsync(string code, CancellationToken token = default) =>
        _session.RunCellAsync(code, $"cell {++_count}", this, token);

    /// <summary>Runs a cell that must succeed and gives its value's plain text.</summary>
    public async Task<string?> ValueAsync(string code)
    {
        var result = await RunAsync(code);
        Assert.True(result.Status == CellStatus.Succeeded, result.Error is null ? "cancelled" : string.Join('\n', result.Error.Traceback));
        return result.Value?.PlainText;
    }

    /// <summary>Runs a cell that must fail and gives its error.</summary>
    public async Task<ErrorOutput> ErrorAsync(string code)
    {
        var result = await RunAsync(code);
        Assert.Equal(CellStatus.Failed, result.Status);
        Assert.Null(result.Value);
        return result.Error!;
    }

    public void WriteStream(StandardStream stream, string text) => Streams.Enqueue((stream, text));

    public void Display(MimeBundle data, string displayId) => Displays.Enqueue((displayId, data));

    public void UpdateDisplay(MimeBundle data, string displayId) => Updates.Enqueue((displayId, data));

    /// <summary>What cells that ask are answered with, in order; asking when it is empty fails as a headless run does.</summary>
    public ConcurrentQueue<string> Answers { get; } = new();

    public ConcurrentQueue<(string Prompt, bool Password)> Asked { get; } = new();

    public ConcurrentQueue<bool> Clears { get; } = new();

    public void ClearOutput(bool wait) => Clears.Enqueue(wait);

    public string ReadLine(string prompt, bool password, CancellationToken token)
    {
        Asked.Enqueue((prompt, password));
        return Answers.TryDequeue(out var answer) ? answer : throw new InvalidOperationException("nobody to ask");
    }
}
