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
        var tree = CSharpSyntaxTree.ParseText(CellDirectives.Parse(code).Code, CSharpSession.ParseOptions);
        if (!SyntaxFactory.IsCompleteSubmission(tree))
            return CompletenessStatus.Incomplete;
        return tree.GetDiagnostics().Any(d => d.Severity == DiagnosticSeverity.Error) ? CompletenessStatus.Invalid : CompletenessStatus.Complete;
    }
}
