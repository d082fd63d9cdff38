using System.Diagnostics;
using System.Globalization;
using FeatureInterp.Models;
using Spectre.Console;

namespace FeatureInterp.Kernel.Commands;

/// <summary>Shows a download: on a terminal a bar with bytes, speed and time left; elsewhere a plain line every five seconds and one for each thing worth saying.</summary>
internal sealed class PullProgress : IProgress<DownloadProgress>
{
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(5);

    private readonly TextWriter _out;
    private readonly bool _live;
    private readonly Lock _gate = new();
    private readonly Stopwatch _sinceLine = new();
    private ProgressTask? _bar;
    private DownloadProgress? _last;

    /// <summary>A display.</summary>
    /// <param name="output">Where it writes.</param>
    /// <param name="live">Whether that is a terminal on which a bar can move.</param>
    public PullProgress(TextWriter output, bool live) => (_out, _live) = (output, live);

    /// <summary>A display on the process's standard error.</summary>
    /// <param name="error">Its writer.</param>
    public static PullProgress ForTerminal(TextWriter error) =>
        new(error, AnsiConsole.Profile.Capabilities.Ansi && !Console.IsErrorRedirected);

    /// <summary>What arrived so far, as the subject of a sentence.</summary>
    public string Kept => _last is { } last ? $"{ByteSize.Text(last.BytesDone)}{(last.BytesTotal is { } total ? " of " + ByteSize.Text(total) : "")} are" : "nothing is";

    /// <summary>Runs the download with the bar on the screen.</summary>
    public async Task<T> ShowAsync<T>(Func<Task<T>> download)
    {
        if (!_live)
            return await download().ConfigureAwait(false);
        var console = AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(_out) });
        return await console.Progress()
            .AutoClear(true)
            .Columns(new ProgressBarColumn(), new PercentageColumn(), new TaskDescriptionColumn { Alignment = Justify.Left })
            .StartAsync(async context =>
            {
                lock (_gate)
                    _bar = context.AddTask("asking the hub", maxValue: 1);
                return await download().ConfigureAwait(false);
            }).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public void Report(DownloadProgress value)
    {
        lock (_gate)
        {
            _last = value;
            if (_bar is not null)
                Move(_bar, value);
            else if (!_live)
                Print(value);
        }
    }

    private static void Move(ProgressTask bar, DownloadProgress value)
    {
        bar.IsIndeterminate = value.BytesTotal is null;
        bar.MaxValue = Math.Max(1, value.BytesTotal ?? 1);
        bar.Value = value.BytesTotal is null ? 0 : value.BytesDone;
        bar.Description = Markup.Escape(value.Note ?? Line(value));
    }

    private void Print(DownloadProgress value)
    {
        if (value.Note is null && value.BytesDone != value.BytesTotal && _sinceLine.IsRunning && _sinceLine.Elapsed < Pause)
            return;
        _sinceLine.Restart();
        _out.WriteLine(value.Note ?? Line(value));
        _out.Flush();
    }

    private static string Line(DownloadProgress value) =>
        ByteSize.Text(value.BytesDone)
        + (value.BytesTotal is { } total ? $" of {ByteSize.Text(total)}" : "")
        + (value.BytesPerSecond is { } speed ? $", {ByteSize.Text((long)speed)}/s" : "")
        + (value.TimeLeft is { } left ? $", {Time(left)} left" : "")
        + $"  {value.File}";

    private static string Time(TimeSpan time) => time.TotalHours >= 1
        ? string.Create(CultureInfo.InvariantCulture, $"{(long)time.TotalHours}:{time:mm\\:ss}")
        : time.ToString("m\\:ss", CultureInfo.InvariantCulture);
}
