using FeatureInterp.Kernel.Jupyter;
using FeatureInterp.Kernel.Notebooks;
using FeatureInterp.Kernel.Scripting;

namespace FeatureInterp.Tests.Kernel.Jupyter;

/// <summary>Cells whose "code" names what a test gave it to do, so that the protocol is tested without a compiler.</summary>
internal sealed class FakeHost : ICellHost
{
    private readonly Dictionary<string, Func<IOutputSink, CancellationToken, Task<CellResult>>> _cells = [];

    public List<(string Code, string Name)> Ran { get; } = [];

    public ICodeAssistant Assistant { get; set; } = new SyntaxAssistant();

    public FakeHost On(string code, Func<IOutputSink, CancellationToken, Task<CellResult>> cell)
    {
        _cells[code] = cell;
        return this;
    }

    public FakeHost On(string code, Action<IOutputSink> cell) => On(code, (sink, _) =>
    {
        cell(sink);
        return Task.FromResult(new CellResult(CellStatus.Succeeded));
    });

    public FakeHost Gives(string code, string value) => On(code, (_, _) => Task.FromResult(new CellResult(CellStatus.Succeeded, MimeBundle.FromText(value))));

    public FakeHost Fails(string code, string name = "OopsException", string message = "oops") =>
        On(code, (_, _) => Task.FromResult(new CellResult(CellStatus.Failed, Error: new ErrorOutput(name, message, [$"{name}: {message}", "  at cell 1, line 1"]))));

    public Task<CellResult> RunAsync(string code, string name, IOutputSink sink, CancellationToken token)
    {
        lock (Ran)
            Ran.Add((code, name));
        return _cells.TryGetValue(code, out var cell) ? cell(sink, token) : Task.FromResult(new CellResult(CellStatus.Succeeded));
    }
}
