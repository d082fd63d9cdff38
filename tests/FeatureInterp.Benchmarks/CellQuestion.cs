using System.Diagnostics;
using System.Globalization;
using FeatureInterp.Kernel.Notebooks;
using FeatureInterp.Kernel.Scripting;
using static FeatureInterp.Benchmarks.Report;

namespace FeatureInterp.Benchmarks;

/// <summary>What the kernel adds to the work of a cell: safe points in loops, compiling, a chain of hundreds of cells, interrupting.</summary>
internal static class CellQuestion
{
    private const int Repetitions = 15;

    public static Report Answer()
    {
        var report = new Report("what", "median", "best");
        Loops(report);
        AnswerAsync(report).GetAwaiter().GetResult();
        report.Note("Loops: processor time with safe points over that without, in pairs; a cell's method each, 100 million rounds of a sum, 20 million of a dependent division, 1 million of a sum of 100 numbers through a call. Cells: wall time of RunCellAsync. Interrupts: from the cancelling to the result.");
        return report;
    }

    private static void Loops(Report report)
    {
        const string Sum = "static long Work() { var s = 0L; for (var i = 0; i < 100_000_000; i++) s += i ^ (s >> 3); return s; }\n(Func<long>)Work";
        const string Divide = "static long Work() { var s = 1L << 62; for (var i = 1; i < 20_000_000; i++) s = (1L << 62) + s / i; return s; }\n(Func<long>)Work";
        const string Call = "static float[] a = new float[100]; static long Work() { var s = 0f; for (var i = 0; i < 1_000_000; i++) s += Enumerable.Sum(a); return (long)s; }\n(Func<long>)Work";
        foreach (var (name, code) in new[] { ("a sum", Sum), ("a division", Divide), ("a call that sums 100 floats", Call) })
        {
            var (with, without) = (Compiled(code, true), Compiled(code, false));
            var pair = new Paired(Repetitions, processorTime: true).Add("without", 1, () => without()).Add("with", 1, () => with()).Run(1);
            report.Row($"loop around {name}: time with safe points / without", Number(pair.Ratio("without", "with"), 3), Number(pair.Best("without") / pair.Best("with"), 3));
        }
    }

    private static Func<long> Compiled(string code, bool safePoints)
    {
        var compiled = new CellCompiler(AppContext.BaseDirectory).Compile(null, "loop", code, safePoints);
        return (Func<long>)new Submissions().Start(compiled).GetAwaiter().GetResult()!;
    }

    private static async Task AnswerAsync(Report report)
    {
        var session = new CSharpSession(AppContext.BaseDirectory);
        var sink = new Silent();
        var count = 0;
        async Task<double> Time(string code)
        {
            var start = Stopwatch.GetTimestamp();
            var result = await session.RunCellAsync(code, $"cell {++count}", sink, CancellationToken.None);
            if (result.Status != CellStatus.Succeeded)
                throw new InvalidOperationException(string.Join('\n', result.Error!.Traceback));
            return Stopwatch.GetElapsedTime(start).TotalMilliseconds;
        }

        for (var i = 0; i < 40; i++)
            await Time("1 + 1");
        await Row(report, "1 + 1", 60, () => Time("1 + 1"));
        await Row(report, "a loop, a record, a lambda", 60, () => Time("record Row(int A); var rows = new List<Row>(); for (var i = 0; i < 9; i++) rows.Add(new Row(i));\nrows.Sum(r => r.A)"));

        session.Reset();
        var memory = GC.GetTotalMemory(forceFullCollection: true);
        foreach (var upTo in new[] { 50, 250, 500 })
        {
            var from = count;
            await Row(report, $"cells up to the {upTo}th of a chain, each with a variable and a method", upTo == 50 ? 50 : upTo - (upTo == 250 ? 50 : 250),
                () => Time($"var v{count} = {count}; int F{count}(int x) => x + v{count};\nF{count}(1)"));
            report.Row($"memory after {upTo} cells", $"{(GC.GetTotalMemory(forceFullCollection: true) - memory) / (1 << 20)} MiB", "");
        }

        await Row(report, "interrupt of while (true) i++", 25, () => Interrupted(session, sink, "var i = 0L; while (true) i++;"));
        await Row(report, "interrupt of a Sum over a lambda", 25, () => Interrupted(session, sink, "while (true) Enumerable.Range(0, int.MaxValue).Sum(x => (long)(x & 1));"));
        await Row(report, "interrupt of Thread.Sleep", 25, () => Interrupted(session, sink, "Thread.Sleep(60000);"));
    }

    private static async Task Row(Report report, string what, int repetitions, Func<Task<double>> time)
    {
        var times = new double[repetitions];
        for (var i = 0; i < repetitions; i++)
            times[i] = await time();
        var sorted = times.Order().ToArray();
        report.Row(what, $"{Number(sorted[repetitions / 2])} ms", $"{Number(sorted[0])} ms");
    }

    private static async Task<double> Interrupted(CSharpSession session, Silent sink, string code)
    {
        using var source = new CancellationTokenSource();
        sink.Written = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var running = session.RunCellAsync("Console.Write(1);\n" + code, Guid.NewGuid().ToString("N", CultureInfo.InvariantCulture), sink, source.Token);
        await sink.Written.Task;
        await Task.Delay(100);
        var start = Stopwatch.GetTimestamp();
        source.Cancel();
        var result = await running;
        return result.Status == CellStatus.Cancelled ? Stopwatch.GetElapsedTime(start).TotalMilliseconds : throw new InvalidOperationException("The cell was not cancelled.");
    }

    private sealed class Silent : IOutputSink
    {
        public TaskCompletionSource Written { get; set; } = new();

        public void WriteStream(StandardStream stream, string text) => Written.TrySetResult();

        public void Display(MimeBundle data, string displayId)
        {
        }

        public void UpdateDisplay(MimeBundle data, string displayId)
        {
        }

        public void ClearOutput(bool wait)
        {
        }

        public string ReadLine(string prompt, bool password, CancellationToken token) => throw new InvalidOperationException("nobody to ask");
    }
}
