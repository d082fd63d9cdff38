using System.Collections.Immutable;
using System.Diagnostics;
using FeatureInterp.Kernel.Scripting.Magics;
using FeatureInterp.Kernel.Scripting.Packages;

namespace FeatureInterp.Kernel.Scripting;

/// <summary>Does a cell's parts one after another; the first that fails ends it.</summary>
/// <param name="session">Where its C# runs.</param>
/// <param name="cell">The cell.</param>
/// <param name="importing">The files it is imported through, outermost first; empty for a notebook's own cell.</param>
internal sealed class CellProgram(CSharpSession session, CellContext cell, ImmutableArray<string> importing)
{
    /// <summary>Runs the cell; its value is that of its last part, earlier parts' values are shown as they come.</summary>
    public async Task<CellResult> RunAsync(string source)
    {
        var clock = Stopwatch.StartNew();
        var directives = CellDirectives.Parse(source);
        if (directives.Problem is { } problem)
            return CellErrors.FromDirective(problem, cell.Name);
        if (cell.Token.IsCancellationRequested)
            return CellResult.Cancelled(cell.Name);

        var context = new MagicContext(session, cell, importing);
        var result = await PackageLines.RunAsync(directives.Packages, context).ConfigureAwait(false) ?? new CellResult(CellStatus.Succeeded);
        foreach (var step in result.Status == CellStatus.Succeeded ? directives.Steps : [])
        {
            if (result.Value is { } earlier)
                context.Show(earlier);
            result = await RunAsync(step, source, context).ConfigureAwait(false);
            if (result.Status != CellStatus.Succeeded)
                break;
        }

        if (directives.Time && result.Status == CellStatus.Succeeded)
            context.Show(TimeMagic.Format(clock));
        return result;
    }

    private async Task<CellResult> RunAsync(CellStep step, string source, MagicContext context)
    {
        switch (step)
        {
            case CodeStep code:
                return await session.RunCodeAsync(code.Code, source, cell).ConfigureAwait(false);
            case ContentStep content:
                context.Show(CellContent.TryFormat(content.Kernel, content.Text)!);
                return new CellResult(CellStatus.Succeeded);
            case MagicStep magic:
                return await RunAsync(magic, context).ConfigureAwait(false);
            default:
                throw new ArgumentException($"A cell has no parts of type {step.GetType().Name}.", nameof(step));
        }
    }

    private async Task<CellResult> RunAsync(MagicStep step, MagicContext context)
    {
        if (cell.Token.IsCancellationRequested)
            return CellResult.Cancelled(cell.Name);
        try
        {
            return await step.Magic.RunAsync(step.Line, step.Text, context).ConfigureAwait(false) ?? new CellResult(CellStatus.Succeeded);
        }
        catch (MagicException e)
        {
            return CellErrors.FromDirective(new DirectiveProblem(step.Number, step.Source, e.Message, DirectiveProblem.Wrong), cell.Name);
        }
        catch (OperationCanceledException) when (cell.Token.IsCancellationRequested)
        {
            return CellResult.Cancelled(cell.Name);
        }
    }
}
