using System.Collections.Immutable;
using System.Globalization;
using FeatureInterp.Kernel.Notebooks;
using FeatureInterp.Kernel.Scripting;
using FeatureInterp.Tensors;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace FeatureInterp.Kernel.Runner;

/// <summary>
/// Overriding a notebook's parameters as papermill does: the parameters cell runs as written, then a cell made here assigns the
/// values that were asked for.
/// </summary>
internal static class Parameters
{
    /// <summary>The place of the parameters cell, or −1.</summary>
    public static int FindCell(Notebook notebook) => notebook.Cells.Select((c, i) => c.IsParameters ? i : -1).FirstOrDefault(i => i >= 0, -1);

    /// <summary>Checks, before anything runs, that every name is a variable of the parameters cell.</summary>
    /// <exception cref="NotebookException">There is no parameters cell, or it does not declare a name.</exception>
    public static void Check(Notebook notebook, ImmutableSortedDictionary<string, string> values)
    {
        if (values.IsEmpty)
            return;
        var place = FindCell(notebook);
        if (place < 0)
            throw new NotebookException($"--set {values.Keys.First()}: the notebook has no parameters cell; make '// parameters' the first line of the C# cell that declares them.");
        var declared = Declared(notebook.Cells[place].Source);
        foreach (var name in values.Keys.Where(n => !declared.Contains(n, StringComparer.Ordinal)))
        {
            throw new NotebookException(declared.Length == 0
                ? $"--set {name}: the parameters cell (cell {place + 1}) declares no variables."
                : $"--set {name}: the parameters are {string.Join(", ", declared)}; did you mean {NearestName.Of(name, declared)}?");
        }
    }

    /// <summary>The cell that assigns the values, each written as a literal of its variable's type.</summary>
    /// <exception cref="NotebookException">A value does not fit its variable, or the variable cannot be assigned.</exception>
    public static Cell Inject(CSharpSession session, ImmutableSortedDictionary<string, string> values)
    {
        var lines = values.Select(p => Assignment(session.Variables.First(v => string.Equals(v.Name, p.Key, StringComparison.Ordinal)), p.Value));
        return new Cell(KnownKernels.CSharp, string.Join('\n', lines.Prepend("// set from the command line"))) { Tags = [Cell.InjectedTag] };
    }

    private static string Assignment(SessionVariable variable, string value)
    {
        if (variable.IsReadOnly)
            throw new NotebookException($"--set {variable.Name}: it is a constant; declare it as a variable to make it a parameter.");
        var literal = ParameterLiteral.Of(variable.Type, value)
            ?? throw new NotebookException(string.Create(CultureInfo.InvariantCulture,
                $"--set {variable.Name}={value}: wanted {ParameterLiteral.Wanted(variable.Type)}, for example {variable.Name}={PlainText.Field(variable.Value)}."));
        return $"{variable.Name} = {literal};";
    }

    private static ImmutableArray<string> Declared(string source) =>
    [
        .. CSharpSyntaxTree.ParseText(source, CSharpSession.ParseOptions).GetRoot().ChildNodes()
            .Select(n => n switch
            {
                FieldDeclarationSyntax field => field.Declaration,
                GlobalStatementSyntax { Statement: LocalDeclarationStatementSyntax local } => local.Declaration,
                _ => null,
            })
            .OfType<VariableDeclarationSyntax>().SelectMany(d => d.Variables).Select(v => v.Identifier.ValueText),
    ];
}
