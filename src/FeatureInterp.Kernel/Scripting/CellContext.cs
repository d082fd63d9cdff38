using System.Globalization;

namespace FeatureInterp.Kernel.Scripting;

/// <summary>One cell while it runs: where its output goes and how it learns that it should stop.</summary>
internal sealed class CellContext(string name, IOutputSink sink, CancellationToken token)
{
    private int _displays;

    public IOutputSink Sink { get; } = sink;

    public CancellationToken Token { get; } = token;

    public string NextDisplayId() =>
        string.Create(CultureInfo.InvariantCulture, $"{name}/{Interlocked.Increment(ref _displays)}");
}
