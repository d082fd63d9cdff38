using System.Globalization;
using System.Text.Json.Nodes;
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
        return run =>
        {
            try
            {
                return work(run) with { Request = (JsonObject)request.ToJson()! };
            }
            catch (Exception e) when (RequestBlame.Of(name, request, e) is not null)
            {
                throw RequestBlame.Of(name, request, e)!;
            }
        };
    }

    /// <summary>Writes <c>result.json</c>, <c>result.svg</c>, and each figure as SVG and, if it is a chart, plotly JSON.</summary>
    /// <param name="outcome">What an analysis made.</param>
    /// <param name="folder">Where to.</param>
    /// <returns>The files' names.</returns>
    public static IReadOnlyList<string> Write(AnalysisOutcome outcome, string folder)
    {
        outcome.Save(Path.Combine(folder, ResultName), outcome.Request);
        List<string> written = [ResultName];
        Text("result.svg", outcome.Display.ToSvg());
        var number = 0;
        foreach (var figure in Figures(outcome.Display))
        {
            number++;
            Text(Name(".svg"), figure.ToSvg());
            if (figure is Figure chart)
                Text(Name(".plotly.json"), chart.ToPlotlyJson());
            else
                File.Delete(Path.Combine(folder, Name(".plotly.json")));
        }

        // Figures of an earlier run with more of them would pass for this one's.
        for (number++; File.Exists(Path.Combine(folder, Name(".svg"))); number++)
        {
            File.Delete(Path.Combine(folder, Name(".svg")));
            File.Delete(Path.Combine(folder, Name(".plotly.json")));
        }

        if (outcome is { IsComplete: true, State: { } state })
            File.Delete(state);
        return written;

        string Name(string ending) => string.Create(CultureInfo.InvariantCulture, $"figure-{number:00}{ending}");

        void Text(string name, string text)
        {
            AtomicFile.Write(Path.Combine(folder, name), text);
            written.Add(name);
        }
    }

    // What is a picture of its own: charts, trees and grids; tables and texts are in result.svg.
    private static IEnumerable<IDisplay> Figures(IDisplay display) => display switch
    {
        Figure or TreeFigure or CellGrid => [display],
        DisplayStack stack => stack.Parts.SelectMany(Figures),
        IHasDisplay result => Figures(result.ToDisplay()),
        _ => [],
    };
}
