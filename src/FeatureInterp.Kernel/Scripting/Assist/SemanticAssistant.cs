using FeatureInterp.Kernel.Notebooks;
using FeatureInterp.Kernel.Scripting.Magics;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;

namespace FeatureInterp.Kernel.Scripting;

/// <summary>
/// Completion and inspection by the compiler's own model of the code: the cell being written is bound as the submission that would
/// follow the cells run so far, so their variables, types and usings are known with it.
/// </summary>
/// <param name="place">What differs once a cell has run or a package came; asked anew each time.</param>
/// <param name="read">A text as the compiler sees it as the next cell.</param>
internal sealed class SemanticAssistant(Func<object> place, Func<string, CSharpCompilation> read) : ICodeAssistant
{
    private readonly SyntaxAssistant _syntax = new();
    private readonly CodeBinder _binder = new(place, read);

    /// <inheritdoc/>
    public CompletionList Complete(string code, int position, CancellationToken token)
    {
        ArgumentNullException.ThrowIfNull(code);
        ArgumentOutOfRangeException.ThrowIfGreaterThan((uint)position, (uint)code.Length, nameof(position));

        if (KernelLine(code, position) is { } line)
            return line;

        // Only what stands before the cursor is bound: what follows would be taken for the rest of an unfinished expression.
        var bound = _binder.Bind(code[..position], token);
        var site = CompletionSite.Find(bound.Root, position);
        if (site is null)
            return CompletionList.None(position);
        var items = Candidates.Of(bound, site, token).Select(c => new CompletionItem(c.Name, SymbolText.Kind(c.Symbol), SymbolText.Short(c.Symbol, c.Overloads)));
        if (site.Container is null)
            items = items.Concat(Arguments.Named(bound, site, token)).Concat(Keywords.At(site).Select(k => new CompletionItem(k, "keyword")));
        return new CompletionList(site.Start, position, Ranking.Best(items, site.Prefix));
    }

    // A line that begins with #! is the kernel's: its name can be completed.
    private static CompletionList? KernelLine(string code, int position)
    {
        var start = code.LastIndexOf('\n', Math.Max(position - 1, 0)) + 1;
        var line = position < start ? "" : code[start..position];
        return !line.StartsWith("#!", StringComparison.Ordinal) || line.Contains(' ', StringComparison.Ordinal) ? null
            : new CompletionList(start, position, Ranking.Best(MagicRegistry.Lines.Select(m => new CompletionItem(m, "magic")), line));
    }

    /// <inheritdoc/>
    public Inspection? Inspect(string code, int position, int detail, CancellationToken token)
    {
        ArgumentNullException.ThrowIfNull(code);
        ArgumentOutOfRangeException.ThrowIfGreaterThan((uint)position, (uint)code.Length, nameof(position));
        var bound = _binder.Bind(code, token);
        var symbols = Inspected.At(bound, position, token);
        if (symbols.IsEmpty)
            return null;
        var (text, markdown) = InspectionText.Of(symbols, detail, token);
        return new Inspection(new MimeBundle([new(MimeBundle.PlainTextType, text), new("text/markdown", markdown)]));
    }

    /// <inheritdoc/>
    public CompletenessStatus IsComplete(string code) => _syntax.IsComplete(code);
}

/// <summary>A text with its syntax and meaning.</summary>
internal sealed record BoundCode(SyntaxNode Root, SemanticModel Model);

/// <summary>Binds texts as submissions after the cells run so far; what does not change from one text to the next is kept.</summary>
internal sealed class CodeBinder(Func<object> place, Func<string, CSharpCompilation> read)
{
    private readonly Lock _gate = new();
    private object? _place;
    private CSharpCompilation? _base;

    public BoundCode Bind(string code, CancellationToken token)
    {
        var tree = CSharpSyntaxTree.ParseText(CellDirectives.Parse(code).Code, CSharpSession.ParseOptions, cancellationToken: token);
        var compilation = Base();
        compilation = compilation.ReplaceSyntaxTree(compilation.SyntaxTrees[^1], tree);
        return new BoundCode(tree.GetRoot(token), compilation.GetSemanticModel(tree));
    }

    // Replacing the one tree keeps the references bound, which is most of the work.
    private CSharpCompilation Base()
    {
        lock (_gate)
        {
            var now = place();
            if (_base is null || !Equals(now, _place))
                (_place, _base) = (now, read(""));
            return _base;
        }
    }
}
