using System.Globalization;
using System.Text;
using FeatureInterp.Kernel.Interactive;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;
using Microsoft.CodeAnalysis.Emit;
using Microsoft.CodeAnalysis.Scripting;
using Microsoft.CodeAnalysis.Text;

namespace FeatureInterp.Kernel.Scripting;

/// <summary>
/// Compiles cells as one chain of Roslyn submissions, each of which sees the ones before it. What runs has safe points in it; what is wrong
/// is told of the text as it was written.
/// </summary>
internal sealed class CellCompiler
{
    private static readonly string[] Imports =
    [
        "System", "System.Collections", "System.Collections.Generic", "System.IO", "System.Linq", "System.Text", "System.Threading",
        "System.Threading.Tasks", typeof(KernelContext).Namespace!, typeof(Microsoft.DotNet.Interactive.Kernel).Namespace!,
        typeof(Microsoft.DotNet.Interactive.Kernel).FullName!, typeof(Microsoft.DotNet.Interactive.Formatting.Formatter).Namespace!,
    ];

    private static readonly EmitOptions Emit = new(debugInformationFormat: DebugInformationFormat.PortablePdb, pdbChecksumAlgorithm: System.Security.Cryptography.HashAlgorithmName.SHA256);
    private static int _compilers;

    private readonly CSharpCompilationOptions _options;
    private readonly MetadataReference[] _references = [.. ScriptReferences.Create()];
    private readonly int _number = Interlocked.Increment(ref _compilers);
    private int _cells;

    /// <summary>A compiler for one session.</summary>
    /// <param name="folder">Where relative paths in <c>#r</c> and <c>#load</c> start.</param>
    public CellCompiler(string folder) => _options = new CSharpCompilationOptions(
        OutputKind.DynamicallyLinkedLibrary,
        usings: Imports,
        optimizationLevel: OptimizationLevel.Release,
        allowUnsafe: true,
        concurrentBuild: false,
        sourceReferenceResolver: ScriptSourceResolver.Default.WithBaseDirectory(folder),
        metadataReferenceResolver: ScriptMetadataResolver.Default.WithBaseDirectory(folder),
        assemblyIdentityComparer: DesktopAssemblyIdentityComparer.Default);

    /// <summary>A cell as the compiler sees it, right or wrong: for completion and questions about symbols, too.</summary>
    /// <param name="previous">The cell before it, or null for the first.</param>
    /// <param name="name">What the cell is called.</param>
    /// <param name="code">Its text.</param>
    /// <param name="added">What it is compiled against beside the host's assemblies and what earlier cells were.</param>
    public CSharpCompilation Read(CSharpCompilation? previous, string name, string code, params IEnumerable<MetadataReference> added)
    {
        var id = string.Create(CultureInfo.InvariantCulture, $"{_number}-{Interlocked.Increment(ref _cells)}");
        // A submission inherits the references of the one before it; giving them again would only have them all compared.
        return CSharpCompilation.CreateScriptCompilation(
            $"cell-{id}", Parse(code, name), previous is null ? _references.Concat(added) : added, _options.WithScriptClassName($"Submission#{id}"), previous, typeof(object));
    }

    /// <summary>Compiles a cell to be run.</summary>
    /// <param name="previous">The cell before it, or null for the first.</param>
    /// <param name="name">What the cell is called.</param>
    /// <param name="code">Its text without the kernel's own lines.</param>
    /// <param name="safePoints">Whether it is to be made interruptible.</param>
    /// <param name="added">As for <see cref="Read"/>.</param>
    public CompiledCell Compile(CSharpCompilation? previous, string name, string code, bool safePoints = true, params IEnumerable<MetadataReference> added)
    {
        var written = Read(previous, name, code, added);
        var tree = written.SyntaxTrees[^1];
        if (!safePoints || tree.GetDiagnostics().Any(IsError))
            return Build(written);

        var text = SafePoints.Insert(code, (CompilationUnitSyntax)tree.GetRoot(), new Lazy<SemanticModel>(() => written.GetSemanticModel(tree)));
        if (text.Length == code.Length)
            return Build(written);
        var interruptible = Build(written.ReplaceSyntaxTree(tree, Parse(text, name)));
        // Wrong as it was written, in all likelihood: then that is what to tell. Otherwise it runs as it was written.
        return interruptible.Errors.Count == 0 ? interruptible : Build(written) with { RefusedSafePoints = true };
    }

    private static SyntaxTree Parse(string code, string name) =>
        CSharpSyntaxTree.ParseText(SourceText.From(code, Encoding.UTF8), CSharpSession.ParseOptions, name);

    private static CompiledCell Build(CSharpCompilation compilation)
    {
        var image = new MemoryStream();
        var symbols = new MemoryStream();
        if (!compilation.SyntaxTrees.Any(t => ((CompilationUnitSyntax)t.GetRoot()).Members.Count > 0))
            return new(compilation, null, null, [.. compilation.GetDiagnostics().Where(IsError)]);
        var emitted = compilation.Emit(image, symbols, options: Emit);
        (image.Position, symbols.Position) = (0, 0);
        return new(compilation, image, symbols, [.. emitted.Diagnostics.Where(IsError)]);
    }

    private static bool IsError(Diagnostic d) => d.Severity == DiagnosticSeverity.Error;
}

/// <summary>What compiling a cell came to.</summary>
/// <param name="Compilation">The submission: the next one's predecessor, if this one ran.</param>
/// <param name="Image">The assembly, or null when there is no code, only usings or comments.</param>
/// <param name="Symbols">Its debug information.</param>
/// <param name="Errors">What is wrong with it; empty when it can run.</param>
internal sealed record CompiledCell(CSharpCompilation Compilation, MemoryStream? Image, MemoryStream? Symbols, IReadOnlyList<Diagnostic> Errors)
{
    /// <summary>Whether the code did not compile with safe points in it, so that it is here without them.</summary>
    public bool RefusedSafePoints { get; init; }

    /// <summary>Whether it ends in an expression without a semicolon that is not void: the cell's value.</summary>
    public bool HasValue()
    {
        var tree = Compilation.SyntaxTrees[^1];
        return ((CompilationUnitSyntax)tree.GetRoot()).Members.LastOrDefault() is GlobalStatementSyntax
        {
            Statement: ExpressionStatementSyntax { SemicolonToken.IsMissing: true, Expression: var expression },
        } && Compilation.GetSemanticModel(tree).GetTypeInfo(expression).Type?.SpecialType != SpecialType.System_Void;
    }
}
