using FeatureInterp.Kernel.Interactive;
using FeatureInterp.Kernel.Notebooks;

namespace FeatureInterp.Kernel.Scripting.Magics;

/// <summary><c>#!whos</c>: the session's variables with their types and values, as a table.</summary>
internal sealed class WhosMagic : IMagic
{
    /// <inheritdoc/>
    public string Name => "whos";

    /// <inheritdoc/>
    public string Usage => "#!whos";

    /// <inheritdoc/>
    public string Summary => "Shows the variables with their types and values.";

    /// <inheritdoc/>
    public MagicSyntax Syntax => MagicSyntax.Nothing;

    /// <inheritdoc/>
    public async Task<CellResult?> RunAsync(MagicLine line, string text, MagicContext context)
    {
        var variables = context.Session.Variables.OrderBy(v => v.Name, StringComparer.Ordinal).ToList();
        // Values are made text by the cells' own code, which may never end: on another thread, and left there when cancelled.
        var table = await Task.Run(Format, CancellationToken.None).WaitAsync(context.Cell.Token).ConfigureAwait(false);
        context.Show(table);
        return null;

        MimeBundle Format()
        {
            KernelContext.Current = context.Cell;
            return Table(variables);
        }
    }

    private static MimeBundle Table(List<SessionVariable> variables)
    {
        var rows = variables.Select(v => new { Variable = v.Name, Type = PlainText.TypeName(v.Type), Value = Value(v) }).ToList();
        return RecordTable.TryCreate(rows, int.MaxValue) is not { } table
            ? MimeBundle.FromText("There are no variables.")
            : new MimeBundle([new(MimeBundle.PlainTextType, table.ToText()), new(MimeBundle.HtmlType, table.ToHtml())]);
    }

    private static string Value(SessionVariable variable)
    {
        try
        {
            return PlainText.Field(variable.Value);
        }
        catch (Exception e)
        {
            return $"({e.GetType().Name})";
        }
    }
}
