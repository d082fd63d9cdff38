using System.Globalization;

namespace FeatureInterp.Kernel.Scripting;

/// <summary>One cell while it runs: where its output goes, which threads work for it and how it learns that it should stop.</summary>
internal sealed class CellContext(string name, IOutputSink sink, CancellationToken token)
{
    private CellContext? _importer;
    private int _displays;

    public string Name { get; } = name;

    public IOutputSink Sink { get; } = sink;

    public CancellationToken Token { get; } = token;

    public CellThreads Threads { get; } = new();

    public string NextDisplayId() => _importer?.NextDisplayId()
        ?? string.Create(CultureInfo.InvariantCulture, $"{Name}/{Interlocked.Increment(ref _displays)}");

    /// <summary>A cell of a file this one imports: errors name the file, output goes where this one's goes.</summary>
    public CellContext Imports(string other) => new(other, Sink, Token) { _importer = this };
}
