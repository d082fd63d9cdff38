using System.Globalization;
using FeatureInterp.Display;
using FeatureInterp.Kernel.Notebooks;

namespace FeatureInterp.Kernel.Analyses;

/// <summary>Runs an analysis and writes what it made.</summary>
internal static class AnalysisRunner
{
    /// <summary>The result's name in its folder.</summary>
    public const string ResultName = "result.json";

    /// <summary>Reads a request without running it.</summary>
    /// <param name="kind">The analysis.</param>
    /// <param name="name">What to call the request in messages.</param>
    /// <param name="request">What is in it.</param>
    /// <exception cref="RequestException">It is not what is wanted.</exception>
    public static Func<AnalysisRun, AnalysisOutcome> Read(AnalysisKind kind, string name, MapNode request)
    {
        var map = new RequestMap(name, request);
        var work = kind.Read(map);
        map.Finish();
        return work;
    }

    /// <summary>Writes <c>result.json</c>, <c>result.svg</c>, and each figure as SVG and plotly JSON.</summary>
    /// <param name="outcome">What an analysis made.</param>
    /// <param name="folder">Where to.</param>
    /// <returns>The files' names.</returns>
    public static IReadOnlyList<string> Write(AnalysisOutcome outcome, string folder)
    {
        outcome.Save(Path.Combine(folder, ResultName));
        List<string> written = [ResultName];
        Text("result.svg", outcome.Display.ToSvg());
        var number = 0;
        foreach (var figure in Figures(outcome.Display))
        {
            var name = string.Create(CultureInfo.InvariantCulture, $"figure-{++number:00}");
            Text(name + ".svg", figure.ToSvg());
            Text(name + ".plotly.json", figure.ToPlotlyJson());
        }

        // Figures of an earlier run with more of them would pass for this one's.
        for (number++; File.Exists(Path.Combine(folder, string.Create(CultureInfo.InvariantCulture, $"figure-{number:00}.svg"))); number++)
        {
            File.Delete(Path.Combine(folder, string.Create(CultureInfo.InvariantCulture, $"figure-{number:00}.svg")));
            File.Delete(Path.Combine(folder, string.Create(CultureInfo.InvariantCulture, $"figure-{number:00}.plotly.json")));
        }

        return written;

        void Text(string name, string text)
        {
            AtomicFile.Write(Path.Combine(folder, name), text);
            written.Add(name);
        }
    }

    private static IEnumerable<Figure> Figures(IDisplay display) => display switch
    {
        Figure figure => [figure],
        DisplayStack stack => stack.Parts.SelectMany(Figures),
        IHasDisplay result => Figures(result.ToDisplay()),
        _ => [],
    };
}
