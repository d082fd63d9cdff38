using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;

namespace FeatureInterp.Kernel.Scripting;

/// <summary>What can be said of code by its syntax alone: whether it is complete.</summary>
internal sealed class SyntaxAssistant : ICodeAssistant
{
    /// <inheritdoc/>
    public CompletionList Complete(string code, int position, CancellationToken token) => CompletionList.None(position);

    /// <inheritdoc/>
    public Inspection? Inspect(string code, int position, int detail, CancellationToken token) => null;

    /// <inheritdoc/>
    public CompletenessStatus IsComplete(string code)
    {
        // Lines for the kernel are not C#; what a cell may say there does not make it unfinished.
        var lines = code.Split('\n').Select(l => l.TrimStart().StartsWith("#!", StringComparison.Ordinal) ? "" : l);
        var tree = CSharpSyntaxTree.ParseText(string.Join('\n', lines), CSharpSession.ParseOptions);
        if (!SyntaxFactory.IsCompleteSubmission(tree))
            return CompletenessStatus.Incomplete;
        return tree.GetDiagnostics().Any(d => d.Severity == DiagnosticSeverity.Error) ? CompletenessStatus.Invalid : CompletenessStatus.Complete;
    }
}
