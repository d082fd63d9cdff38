using FeatureInterp.Kernel.Notebooks;
using FeatureInterp.Kernel.Scripting;

namespace FeatureInterp.Kernel.Jupyter;

/// <summary>The C# session behind a kernel. Made when first needed, since loading the compiler takes longer than everything else at the start.</summary>
/// <param name="folder">The notebook's folder.</param>
internal sealed class SessionHost(string folder) : ICellHost
{
    private readonly Lazy<CSharpSession> _session = new(() => new CSharpSession(folder));

    /// <inheritdoc/>
    public ICodeAssistant Assistant => _session.Value.Assistant;

    /// <inheritdoc/>
    public Task<CellResult> RunAsync(string code, string name, IOutputSink sink, CancellationToken token) =>
        _session.Value.RunCellAsync(code, name, sink, token);

    /// <summary>
    /// Runs two cells in a session that is thrown away, so that the user's first cell finds the compiler compiled. A second cell,
    /// because carrying variables on takes code that a first one does not touch.
    /// </summary>
    public static async Task WarmUpAsync()
    {
        var session = new CSharpSession(AppContext.BaseDirectory);
        var sink = new SilentSink();
        await session.RunCellAsync(CSharpSession.WarmUpCode, "warm-up 1", sink, CancellationToken.None).ConfigureAwait(false);
        await session.RunCellAsync("rows[0].Name + rows.Count", "warm-up 2", sink, CancellationToken.None).ConfigureAwait(false);
        session.Assistant.Complete("rows[0].Na", "rows[0].Na".Length, CancellationToken.None);
    }
}

/// <summary>Takes output and shows nobody.</summary>
internal sealed class SilentSink : IOutputSink
{
    public void WriteStream(StandardStream stream, string text)
    {
    }

    public void Display(MimeBundle data, string displayId)
    {
    }

    public void UpdateDisplay(MimeBundle data, string displayId)
    {
    }

    public void ClearOutput(bool wait)
    {
    }

    public string ReadLine(string prompt, bool password, CancellationToken token) =>
        throw new InvalidOperationException("Code that runs silently has nobody to ask.");
}
