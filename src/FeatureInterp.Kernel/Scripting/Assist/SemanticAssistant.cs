using System.Collections.Immutable;
using FeatureInterp.Kernel.Notebooks;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.Scripting;

namespace FeatureInterp.Kernel.Scripting;

/// <summary>
/// Completion and inspection by the compiler's own model of the code: the cell being written is bound as the submission that would
/// follow the cells run so far, so their variables, types and usings are known with it.
/// </summary>
/// <param name="known">The last cell's compilation, or null before the first, and the session's options; asked anew each time.</param>
internal sealed class SemanticAssistant(Func<(CSharpCompilation? Previous, ScriptOptions Options)> known) : ICodeAssistant
{
    private readonly SyntaxAssistant _syntax = new();
    private readonly CodeBinder _binder = new(known);

    /// <inheritdoc/>
    public CompletionList Complete(string code, int position, CancellationToken token)
    {
        ArgumentNullException.ThrowIfNull(code);
        ArgumentOutOfRangeException.ThrowIfGreaterThan((uint)position, (uint)code.Length, nameof(position));

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
internal sealed class CodeBinder(Func<(CSharpCompilation? Previous, ScriptOptions Options)> known)
{
    private static readonly SyntaxTree Nothing = CSharpSyntaxTree.ParseText("", CSharpSession.ParseOptions);

    private readonly Lock _gate = new();
    private CSharpCompilation? _previous;
    private CSharpCompilation? _base;

    public BoundCode Bind(string code, CancellationToken token)
    {
        var tree = CSharpSyntaxTree.ParseText(CellLines.WithoutKernelLines(code), CSharpSession.ParseOptions, cancellationToken: token);
        var compilation = Base().ReplaceSyntaxTree(Nothing, tree);
        return new BoundCode(tree.GetRoot(token), compilation.GetSemanticModel(tree));
    }

    // Replacing the one tree keeps the references bound, which is most of the work.
    private CSharpCompilation Base()
    {
        var (previous, options) = known();
        lock (_gate)
        {
            if (_base is null || !ReferenceEquals(previous, _previous))
            {
                ImmutableArray<MetadataReference> references = previous is null ? options.MetadataReferences : [.. previous.References.OfType<PortableExecutableReference>()];
                _base = CSharpCompilation.CreateScriptCompilation("assist", Nothing, references,
                    new CSharpCompilationOptions(OutputKind.DynamicallyLinkedLibrary, usings: options.Imports, metadataReferenceResolver: options.MetadataResolver, sourceReferenceResolver: options.SourceResolver), previous);
                _previous = previous;
            }

            return _base;
        }
    }
}

/// <summary>The lines of a cell that are the kernel's.</summary>
internal static class CellLines
{
    /// <summary>The text with such lines blanked, every position kept.</summary>
    public static string WithoutKernelLines(string code) => !code.Contains("#!", StringComparison.Ordinal) && !code.Contains("nuget", StringComparison.Ordinal) ? code :
        string.Join('\n', code.Split('\n').Select(l => IsKernels(l.AsSpan().TrimStart()) ? new string(' ', l.Length) : l));

    private static bool IsKernels(ReadOnlySpan<char> line) =>
        line.StartsWith("#!") || (line.StartsWith("#r") || line.StartsWith("#i")) && line.Contains("nuget", StringComparison.Ordinal);
}
