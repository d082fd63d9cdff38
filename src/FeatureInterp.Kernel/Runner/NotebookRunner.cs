using System.Collections.Immutable;
using System.Globalization;
using FeatureInterp.Kernel.Notebooks;
using FeatureInterp.Kernel.Scripting;
using FeatureInterp.Kernel.Scripting.Magics;

namespace FeatureInterp.Kernel.Runner;

/// <summary>Runs a notebook's cells in order in one session and collects what they put out. Stops at the first cell that fails unless told to go on.</summary>
public static class NotebookRunner
{
    /// <summary>Runs every cell.</summary>
    /// <param name="notebook">The notebook; outputs it may have are dropped.</param>
    /// <param name="options">Where it lies and what to set.</param>
    /// <param name="observers">Told of every start, output and end, in the order given.</param>
    /// <param name="token">Ends the run within a second; what was computed is in the result.</param>
    /// <returns>How it ended and the notebook with its outputs. A failing cell is a result, not an exception.</returns>
    /// <exception cref="NotebookException">There is nothing to run, or a parameter is not one of the notebook's.</exception>
    public static async Task<RunResult> RunAsync(Notebook notebook, RunOptions options, IReadOnlyList<IRunObserver> observers, CancellationToken token)
    {
        if (notebook.Cells.All(c => string.IsNullOrWhiteSpace(c.Source)))
            throw new NotebookException("The notebook has no cells; start one with a line '#!csharp' or '#!markdown' and write under it.");
        Parameters.Check(notebook, options.Parameters);
        // What an earlier run set would hide what this one sets.
        if (!options.Parameters.IsEmpty)
            notebook = notebook with { Cells = notebook.Cells.RemoveAll(c => c.Tags.Contains(Cell.InjectedTag, StringComparer.Ordinal)) };
        return await new Run(notebook, options, observers).ToEndAsync(token).ConfigureAwait(false);
    }

    private sealed class Run(Notebook notebook, RunOptions options, IReadOnlyList<IRunObserver> observers)
    {
        private readonly CSharpSession _session = new(options.BaseDirectory);
        private readonly List<Cell> _cells = [.. notebook.Cells.Select(c => c with { Outputs = [], ExecutionCount = null })];
        private readonly Dictionary<int, CellRecorder> _recorders = [];
        private int _executions;

        public async Task<RunResult> ToEndAsync(CancellationToken token)
        {
            var parametersCell = options.Parameters.IsEmpty ? -1 : Parameters.FindCell(notebook);
            var failed = false;
            for (int place = 0, number = 1; place < _cells.Count; place++, number++)
            {
                var name = string.Create(CultureInfo.InvariantCulture, $"cell {number}");
                var status = await RunAsync(place, new CellPlace(number, notebook.Cells.Length, name), token).ConfigureAwait(false);
                if (status == CellStatus.Succeeded && number - 1 == parametersCell)
                    status = await InjectAsync(++place, new CellPlace(number, notebook.Cells.Length, "the cell of parameters set"), token).ConfigureAwait(false);
                if (status == CellStatus.Cancelled || (token.IsCancellationRequested && place < _cells.Count - 1))
                    return new RunResult(RunStatus.Cancelled, SoFar());
                failed |= status == CellStatus.Failed;
                if (failed && !options.KeepGoing)
                    break;
            }

            return new RunResult(failed ? RunStatus.Failed : RunStatus.Completed, SoFar());
        }

        private async Task<CellStatus> InjectAsync(int place, CellPlace where, CancellationToken token)
        {
            try
            {
                _cells.Insert(place, Parameters.Inject(_session, options.Parameters));
                return await RunAsync(place, where, token).ConfigureAwait(false);
            }
            catch (NotebookException e)
            {
                _cells.Insert(place, new Cell(KnownKernels.CSharp, "// set from the command line") { Tags = [Cell.InjectedTag] });
                return Finish(place, where, new CellResult(CellStatus.Failed, Error: new ErrorOutput("ParameterError", e.Message, [e.Message])));
            }
        }

        private async Task<CellStatus> RunAsync(int place, CellPlace where, CancellationToken token)
        {
            var cell = _cells[place];
            foreach (var observer in observers)
                observer.CellStarting(where, cell);
            if (!cell.IsCode)
                return Finish(place, where, new CellResult(CellStatus.Succeeded));
            if (!cell.IsCSharp)
                return Finish(place, where, OtherLanguage(cell, where));
            var recorder = _recorders[place] = new CellRecorder(observers);
            _cells[place] = cell with { ExecutionCount = ++_executions };
            return Finish(place, where, await RunCellAsync(cell.Source, where, recorder, token).ConfigureAwait(false));
        }

        private async Task<CellResult> RunCellAsync(string source, CellPlace where, CellRecorder recorder, CancellationToken token)
        {
            using var limit = CancellationTokenSource.CreateLinkedTokenSource(token);
            if (options.Timeout is { } timeout)
                limit.CancelAfter(timeout);
            var run = _session.RunCellAsync(source, where.Name, recorder, limit.Token);
            for (var pause = TimeSpan.FromSeconds(1); await Task.WhenAny(run, Task.Delay(pause, CancellationToken.None)).ConfigureAwait(false) != run; pause = TimeSpan.FromSeconds(5))
            {
                var soFar = SoFar();
                foreach (var observer in observers)
                    observer.CellRunning(where, soFar);
            }

            var result = await run.ConfigureAwait(false);
            return result.Status == CellStatus.Cancelled && !token.IsCancellationRequested ? TimedOut(where) : result;
        }

        private CellResult TimedOut(CellPlace where)
        {
            var message = string.Create(CultureInfo.InvariantCulture, $"{where.Name} was stopped after {options.Timeout?.TotalSeconds} s, the longest that --timeout lets a cell run.");
            return new CellResult(CellStatus.Failed, Error: new ErrorOutput("Timeout", message, [message]));
        }

        private CellStatus Finish(int place, CellPlace where, CellResult result)
        {
            if (_recorders.TryGetValue(place, out var recorder))
                recorder.Seal();
            ImmutableArray<CellOutput> end = result.Error is { } error ? [error] : result.Value is { } value ? [new ResultOutput(value)] : [];
            _cells[place] = _cells[place] with { Outputs = end };
            var soFar = SoFar();
            foreach (var observer in observers)
                observer.CellFinished(where, result, soFar);
            return result.Status;
        }

        // A later cell may update what an earlier one showed, so each recorder is read anew.
        private Notebook SoFar() => notebook with
        {
            Cells = [.. _cells.Select((c, i) => _recorders.TryGetValue(i, out var r) ? c with { Outputs = [.. r.Outputs, .. c.Outputs] } : c)],
        };

        private static CellResult OtherLanguage(Cell cell, CellPlace where)
        {
            if (CellContent.TryFormat(cell.Kernel, cell.Source) is { } content)
                return new CellResult(CellStatus.Succeeded, content);
            var message = $"{where.Name} is in '{cell.Kernel}'; C# runs here, and HTML, JavaScript, Markdown and Mermaid are shown.";
            return new CellResult(CellStatus.Failed, Error: new ErrorOutput("UnsupportedLanguage", message, [message]));
        }
    }
}
