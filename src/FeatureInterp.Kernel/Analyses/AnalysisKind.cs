using System.Diagnostics;
using System.Globalization;
using System.Text.Json.Nodes;
using FeatureInterp.Analysis;
using FeatureInterp.Display;
using FeatureInterp.Saes;

namespace FeatureInterp.Kernel.Analyses;

/// <summary>An analysis as <c>featureinterp analyze</c> knows it.</summary>
/// <param name="Name">Its name on the command line.</param>
/// <param name="Summary">One line: what it answers.</param>
/// <param name="Example">A commented request that runs on the model and SAE that come with the project.</param>
/// <param name="Read">Reads a request, without loading or running anything, and gives the work.</param>
internal sealed record AnalysisKind(string Name, string Summary, string Example, Func<RequestMap, Func<AnalysisRun, AnalysisOutcome>> Read);

/// <summary>What an analysis made.</summary>
/// <param name="Display">How it is shown. The figures in it are written one by one.</param>
/// <param name="Save">Writes the result as JSON to a path, whole or not at all, with the request it answers; see <see cref="ResultJson"/>.</param>
/// <param name="IsComplete">False when the work was cancelled and this is what there was.</param>
internal sealed record AnalysisOutcome(IDisplay Display, Action<string, JsonObject> Save, bool IsComplete = true)
{
    /// <summary>What was asked, as JSON; filled in for every analysis.</summary>
    public JsonObject Request { get; init; } = [];

    /// <summary>What a stopped run would have gone on from; deleted once the result of a complete one is written.</summary>
    public string? State { get; init; }
}

/// <summary>What an analysis is run with.</summary>
/// <param name="folder">Where results go; it is there.</param>
/// <param name="error">Where progress is told.</param>
/// <param name="pause">The time between two lines of progress.</param>
/// <param name="cancellation">Ends the work.</param>
internal sealed class AnalysisRun(string folder, TextWriter error, TimeSpan pause, CancellationToken cancellation)
{
    private readonly Stopwatch _clock = Stopwatch.StartNew();

    /// <summary>Where results go, and what an analysis keeps to go on from.</summary>
    public string Folder => folder;

    /// <summary>Ends the work.</summary>
    public CancellationToken Cancellation => cancellation;

    /// <summary>The file that a stopped run goes on from, once <see cref="GoOn"/> was asked for one.</summary>
    public string? State { get; private set; }

    /// <summary>Writes a line now and then.</summary>
    /// <param name="words">What it says; the progress's own words if left out.</param>
    public IProgress<T> Progress<T>(Func<T, string>? words = null) => new Lines<T>(words ?? (p => p?.ToString() ?? ""), error, pause);

    /// <summary>Writes the share that is done, and the time left at the pace so far.</summary>
    public IProgress<double> Share() => Progress<double>(share => string.Create(CultureInfo.InvariantCulture,
        $"{share:P0}{(share > 0 ? $", about {Math.Ceiling(_clock.Elapsed.TotalSeconds * (1 - share) / share)} s left" : "")}"));

    /// <summary>
    /// Does work that goes on from a state file, and says so when an earlier run left one; where that is of another request, model or
    /// SAE, it says that, deletes the file and does the work from the beginning.
    /// </summary>
    /// <param name="name">The file's name in the folder.</param>
    /// <param name="work">Does the work, given the file's path, with <c>Resume</c>.</param>
    public T GoOn<T>(string name, Func<string, T> work)
    {
        State = Path.Combine(folder, name);
        if (File.Exists(State))
            error.WriteLine($"An earlier run left {State}; going on from it.");
        try
        {
            return work(State);
        }
        catch (Exception e) when ((e as AnalysisException)?.OtherState ?? (e as SaeException)?.OtherState ?? false)
        {
            error.WriteLine("It is of another request, model or SAE; beginning anew.");
            File.Delete(State);
            return work(State);
        }
    }

    private sealed class Lines<T>(Func<T, string> words, TextWriter error, TimeSpan pause) : IProgress<T>
    {
        private readonly Stopwatch _sinceLine = Stopwatch.StartNew();

        public void Report(T value)
        {
            if (_sinceLine.Elapsed < pause)
                return;
            _sinceLine.Restart();
            error.WriteLine(words(value));
            error.Flush();
        }
    }
}
