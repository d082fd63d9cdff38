using System.Collections.Concurrent;
using FeatureInterp.Kernel.Interactive;
using FeatureInterp.Kernel.Notebooks;
using FeatureInterp.Kernel.Scripting.Packages;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;

namespace FeatureInterp.Kernel.Scripting;

/// <summary>
/// Runs C# cells one after another with their variables, types and usings carried on: Roslyn scripting with top-level
/// <c>await</c>, <c>#r "path.dll"</c>, <c>#!time</c>, <c>display(x)</c> and a trailing expression as the cell's value. One cell at a time.
/// </summary>
public sealed class CSharpSession
{
    internal static readonly CSharpParseOptions ParseOptions = new(LanguageVersion.CSharp14, kind: SourceCodeKind.Script);

    private readonly string _folder;
    private readonly ConcurrentDictionary<string, string> _sources = new(StringComparer.Ordinal);
    private readonly ConcurrentQueue<(string Cell, Task End)> _leftBehind = new();
    private State _state;

    /// <summary>A session without variables.</summary>
    /// <param name="baseDirectory">The folder that relative paths in <c>#r</c> and <c>#load</c> start from: the notebook's.</param>
    public CSharpSession(string baseDirectory)
    {
        _folder = Path.GetFullPath(baseDirectory);
        _state = new State(_folder);
        ConsoleCapture.Install();
    }

    /// <summary>The notebook's folder.</summary>
    internal string BaseDirectory => _folder;

    /// <summary>The packages the session uses.</summary>
    internal SessionPackages Packages { get; private set; } = new();

    /// <summary>What <c>#!value</c> keeps, by name.</summary>
    internal ConcurrentDictionary<string, string> KeptTexts { get; } = new(StringComparer.Ordinal);

    /// <summary>The variables of all cells so far; a redefined name is there once, as its last definition.</summary>
    public IReadOnlyList<SessionVariable> Variables => _state.Submissions.Variables;

    /// <summary>Forgets every cell: variables, types, usings, packages and kept texts are gone, and what the variables held is free to be collected.</summary>
    public void Reset()
    {
        _state = new State(_folder);
        _sources.Clear();
        KeptTexts.Clear();
        Packages = new SessionPackages();
    }

    /// <summary>Text as the compiler would see it as the next cell, right or wrong; nothing is run or kept.</summary>
    internal CSharpCompilation Read(string source, string name = "draft")
    {
        var state = _state;
        return state.Compiler.Read(state.Submissions.Last, name, CellDirectives.Parse(source).Code, Packages.References);
    }

    /// <summary>Completion and inspection in the light of the cells run so far.</summary>
    public ICodeAssistant Assistant => field ??= new SemanticAssistant(() => (_state, _state.Submissions.Last, Packages.References.Count()), code => Read(code));

    /// <summary>
    /// Makes the compiler's code hot on another thread: its first submission costs over a second of just-in-time compiling, which
    /// can overlap with reading the notebook and with the first cells.
    /// </summary>
    public static Task WarmUpAsync() => Task.Run(() => new State(AppContext.BaseDirectory).Compiler.Compile(null, "warm-up", WarmUpCode));

    /// <summary>Compiles and runs one cell.</summary>
    /// <param name="source">The cell's text.</param>
    /// <param name="cellName">What errors call it, e.g. <c>cell 3</c>; a new name for every run of a cell.</param>
    /// <param name="sink">Where streams and displays go as they come.</param>
    /// <param name="token">
    /// Ends the cell: its own code at once, what waits a moment later. A library that computes on and on without listening is left behind after
    /// 0.6 s; the result and the next cell say so. Variables stay, also those the cell had assigned until then.
    /// </param>
    /// <returns>How it ended; a compile error, an exception and a cancelling are results, not exceptions of this method.</returns>
    public async Task<CellResult> RunCellAsync(string source, string cellName, IOutputSink sink, CancellationToken token)
    {
        return await new CellProgram(this, new CellContext(cellName, sink, token), []).RunAsync(source).ConfigureAwait(false);
    }

    /// <summary>Compiles and runs C# that has no kernel lines.</summary>
    /// <param name="code">The code, line for line as in <paramref name="source"/>.</param>
    /// <param name="source">What errors show: the whole cell.</param>
    /// <param name="context">The cell.</param>
    internal async Task<CellResult> RunCodeAsync(string code, string source, CellContext context)
    {
        if (context.Token.IsCancellationRequested)
            return CellResult.Cancelled(context.Name);
        _sources[context.Name] = source;
        var state = _state;
        if (await CompileAsync(state, context.Name, code, [.. Packages.References], context.Token).ConfigureAwait(false) is not { } cell)
            return CellResult.Cancelled(context.Name);
        if (cell.Errors.Count > 0)
            return CellErrors.FromDiagnostics([.. cell.Errors], context.Name, source);

        TellOfThoseLeftBehind(context.Sink);
        return await RunCompiledAsync(state.Submissions, cell, context).ConfigureAwait(false);
    }

    private async Task<CellResult> RunCompiledAsync(Submissions submissions, CompiledCell cell, CellContext context)
    {
        Exception? thrown = null;
        MimeBundle? value = null;
        var formatting = false;
        var end = await CellThread.RunAsync(Body, context).ConfigureAwait(false);
        submissions.Commit(cell, runsOn: !end.Finished);
        if (!end.Finished)
        {
            // Without a thread it only awaits what never comes, and does no harm.
            if (context.Threads.Count == 0)
                return CellResult.Cancelled(context.Name);
            _leftBehind.Enqueue((context.Name, end.Task));
            return CellResult.LeftBehind(context.Name);
        }

        if (end.Task.Exception is { } outside)
            thrown ??= outside.GetBaseException();
        return thrown switch
        {
            // A value made while it was being interrupted is one that the formatter found an excuse for.
            _ when context.Token.IsCancellationRequested && (thrown is not null || formatting && context.Threads.Interfered) => CellResult.Cancelled(context.Name),
            null => new CellResult(CellStatus.Succeeded, value),
            _ => CellErrors.FromException(thrown, _sources),
        };

        async Task Body()
        {
            KernelContext.Current = context;
            try
            {
                var returned = await submissions.Start(cell);
                formatting = !context.Token.IsCancellationRequested;
                // Formatted here, on the cell's thread, because formatters and lazy sequences are the cell's code as well.
                if (returned is not DisplayedValue && cell.HasValue())
                    value = ValueFormatter.Format(returned);
            }
            catch (Exception e)
            {
                thrown = e;
            }
        }
    }

    private void TellOfThoseLeftBehind(IOutputSink sink)
    {
        while (_leftBehind.TryDequeue(out var left))
        {
            if (!left.End.IsCompleted)
                sink.WriteStream(StandardStream.Error, $"{left.Cell} was interrupted, but a library it called does not listen and still computes; restarting the kernel ends it.\n");
        }
    }

    // Null when cancelled first: a compiler still warming up is not waited for.
    private static async Task<CompiledCell?> CompileAsync(State state, string name, string code, MetadataReference[] added, CancellationToken token)
    {
        try
        {
            return await Task.Run(() => state.Compiler.Compile(state.Submissions.Last, name, code, added: added), CancellationToken.None).WaitAsync(token).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            return null;
        }
    }

    private sealed class State(string folder)
    {
        public CellCompiler Compiler { get; } = new(folder);

        public Submissions Submissions { get; } = new();
    }

    // Touches what a first cell touches: parsing, compiling, loading, a task, the console, a table.
    internal const string WarmUpCode =
        """
        using System.Globalization;
        record Row(int Index, string Name) { public double Half => Index / 2.0; }
        async Task<List<Row>> Rows(int n) { await Task.Yield(); return [.. Enumerable.Range(0, n).Select(i => new Row(i, $"row {i:F1}"))]; }
        var rows = await Rows(3);
        foreach (var row in rows.Where(r => r.Half > 0).OrderBy(r => r.Name)) Console.WriteLine(row);
        var table = new Dictionary<string, float[]> { ["a"] = [1f, 2f] };
        display(rows);
        rows.GroupBy(r => r.Name.Length).ToDictionary(g => g.Key, g => g.Sum(r => r.Half))
        """;
}

/// <summary>A variable that cells declared.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Type">Its declared type.</param>
/// <param name="IsReadOnly">Whether it cannot be assigned.</param>
/// <param name="Value">What it holds now.</param>
public sealed record SessionVariable(string Name, Type Type, bool IsReadOnly, object? Value);
