using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using System.Text;
using FeatureInterp.Kernel.Interactive;
using FeatureInterp.Kernel.Notebooks;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Scripting;
using Microsoft.CodeAnalysis.CSharp.Syntax;
using Microsoft.CodeAnalysis.Scripting;

namespace FeatureInterp.Kernel.Scripting;

/// <summary>
/// Runs C# cells one after another with their variables, types and usings carried on: Roslyn scripting with top-level
/// <c>await</c>, <c>#r "path.dll"</c>, <c>#!time</c>, <c>display(x)</c> and a trailing expression as the cell's value. One cell at a time.
/// </summary>
public sealed class CSharpSession
{
    internal static readonly CSharpParseOptions ParseOptions = new(LanguageVersion.CSharp14, kind: SourceCodeKind.Script);

    private static readonly string[] Imports =
    [
        "System", "System.Collections", "System.Collections.Generic", "System.IO", "System.Linq", "System.Text", "System.Threading",
        "System.Threading.Tasks", typeof(KernelContext).Namespace!, typeof(CellFunctions).FullName!,
    ];

    private readonly ScriptOptions _options;
    private readonly ConcurrentDictionary<string, string> _sources = new(StringComparer.Ordinal);
    private ScriptState<object>? _state;

    /// <summary>A session without variables.</summary>
    /// <param name="baseDirectory">The folder that relative paths in <c>#r</c> and <c>#load</c> start from: the notebook's.</param>
    public CSharpSession(string baseDirectory)
    {
        var folder = Path.GetFullPath(baseDirectory);
        _options = ScriptOptions.Default
            .WithReferences(ScriptReferences.Create())
            .WithImports(Imports)
            .WithMetadataResolver(ScriptMetadataResolver.Default.WithBaseDirectory(folder))
            .WithSourceResolver(ScriptSourceResolver.Default.WithBaseDirectory(folder))
            .WithLanguageVersion(ParseOptions.LanguageVersion)
            .WithOptimizationLevel(OptimizationLevel.Release)
            .WithEmitDebugInformation(true)
            .WithFileEncoding(Encoding.UTF8);
        ConsoleCapture.Install();
    }

    /// <summary>The variables of all cells so far; a redefined name is there once, as its last definition.</summary>
    public IReadOnlyList<SessionVariable> Variables => _state is null ? [] :
        [.. _state.Variables.Reverse().DistinctBy(v => v.Name, StringComparer.Ordinal).Reverse().Select(v => new SessionVariable(v.Name, v.Type, v.IsReadOnly, v.Value))];

    /// <summary>Completion and inspection in the light of the cells run so far.</summary>
    public ICodeAssistant Assistant => field ??= new SemanticAssistant(() => ((CSharpCompilation?)_state?.Script.GetCompilation(), _options));

    /// <summary>
    /// Makes the compiler's code hot on another thread: its first submission costs over a second of just-in-time compiling, which
    /// can overlap with reading the notebook and with the first cells.
    /// </summary>
    public static Task WarmUpAsync() => Task.Run(() => new CSharpSession(AppContext.BaseDirectory).Compile("warm-up", WarmUpCode));

    /// <summary>Compiles and runs one cell.</summary>
    /// <param name="source">The cell's text.</param>
    /// <param name="cellName">What errors call it, e.g. <c>cell 3</c>; a new name for every run of a cell.</param>
    /// <param name="sink">Where streams and displays go as they come.</param>
    /// <param name="token">Ends the cell within a second, whether or not it listens.</param>
    /// <returns>How it ended; a compile error, an exception and a cancelling are results, not exceptions of this method.</returns>
    public async Task<CellResult> RunCellAsync(string source, string cellName, IOutputSink sink, CancellationToken token)
    {
        _sources[cellName] = source;
        var clock = Stopwatch.StartNew();
        var directives = CellDirectives.Parse(source);
        if (directives.Problem is { } problem)
            return CellErrors.FromDirective(problem, cellName);
        if (token.IsCancellationRequested)
            return CellResult.Cancelled(cellName);

        var script = NextScript(cellName, directives.Code);
        if (await CompileAsync(script, token).ConfigureAwait(false) is not { } errors)
            return CellResult.Cancelled(cellName);
        if (errors.Count > 0)
            return CellErrors.FromDiagnostics(errors, cellName, source);

        var context = new CellContext(cellName, sink, token);
        var result = await RunScriptAsync(script, cellName, context).ConfigureAwait(false);
        if (directives.Time && result.Status == CellStatus.Succeeded)
        {
            var text = string.Create(CultureInfo.InvariantCulture, $"Wall time: {clock.Elapsed.TotalMilliseconds:F0} ms");
            sink.Display(MimeBundle.FromText(text), context.NextDisplayId());
        }

        return result;
    }

    private async Task<CellResult> RunScriptAsync(Script<object> script, string cellName, CellContext context)
    {
        ScriptState<object>? next = null;
        MimeBundle? value = null;
        if (!await CellThread.RunAsync(Body, context.Token).ConfigureAwait(false) || next is null)
            return CellResult.Cancelled(cellName);
        _state = next;
        return next.Exception switch
        {
            null => new CellResult(CellStatus.Succeeded, value),
            OperationCanceledException when context.Token.IsCancellationRequested => CellResult.Cancelled(cellName),
            var e => CellErrors.FromException(e, _sources),
        };

        async Task Body()
        {
            KernelContext.Current = context;
            next = _state is null
                ? await script.RunAsync(catchException: _ => true, cancellationToken: CancellationToken.None)
                : await script.RunFromAsync(_state, catchException: _ => true, CancellationToken.None);
            // Formatted here, on the cell's thread, because formatters and lazy sequences are the cell's code as well.
            if (next.Exception is null && next.ReturnValue is not DisplayedValue && HasValue(script))
                value = ValueFormatter.Format(next.ReturnValue);
        }
    }

    private Script<object> NextScript(string name, string code) => _state is null
        ? CSharpScript.Create<object>(code, _options.WithFilePath(name))
        : _state.Script.ContinueWith<object>(code, _options.WithFilePath(name));

    private void Compile(string name, string code) => NextScript(name, code).Compile();

    // Null when cancelled first: a compiler still warming up is not waited for.
    private static async Task<List<Diagnostic>?> CompileAsync(Script script, CancellationToken token)
    {
        try
        {
            var diagnostics = await Task.Run(() => script.Compile(CancellationToken.None), CancellationToken.None).WaitAsync(token).ConfigureAwait(false);
            return [.. diagnostics.Where(d => d.Severity == DiagnosticSeverity.Error)];
        }
        catch (OperationCanceledException)
        {
            return null;
        }
    }

    // A trailing expression without a semicolon, unless it is void: what scripting returns as the submission's value.
    private static bool HasValue(Script script)
    {
        var compilation = script.GetCompilation();
        var tree = compilation.SyntaxTrees.Last();
        return ((CompilationUnitSyntax)tree.GetRoot()).Members.LastOrDefault() is GlobalStatementSyntax
        {
            Statement: ExpressionStatementSyntax { SemicolonToken.IsMissing: true, Expression: var expression },
        } && compilation.GetSemanticModel(tree).GetTypeInfo(expression).Type?.SpecialType != SpecialType.System_Void;
    }

    private const string WarmUpCode =
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
