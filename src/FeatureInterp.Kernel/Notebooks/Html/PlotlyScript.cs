using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace FeatureInterp.Kernel.Notebooks;

/// <summary>
/// The plotly script of an interactive page: taken from a file on this machine, put into the page once, and allowed to run by its hash
/// and nothing else. It is never fetched.
/// </summary>
public sealed class PlotlyScript
{
    /// <summary>The MIME type of a figure it draws.</summary>
    public const string MimeType = "application/vnd.plotly.v1+json";

    private const long MaxBytes = 32L << 20;

    // Draws each figure over its picture, in the page's colours; a figure it cannot draw keeps the picture.
    private const string Loader =
        """
        for (const data of document.querySelectorAll("script.plotly-data")) {
          const place = data.previousElementSibling, drawn = document.createElement("div");
          try {
            const figure = JSON.parse(data.textContent), style = getComputedStyle(document.body), ink = style.color;
            const clear = "rgba(0,0,0,0)", line = style.getPropertyValue("--line").trim(), soft = style.getPropertyValue("--soft").trim();
            const axis = { gridcolor: line, zerolinecolor: line, linecolor: soft };
            const layout = Object.assign({ template: { layout: { xaxis: axis, yaxis: axis } } }, figure.layout,
              { paper_bgcolor: clear, plot_bgcolor: clear, autosize: true, modebar: { bgcolor: clear, color: soft, activecolor: ink } });
            layout.font = Object.assign({}, layout.font, { color: ink });
            place.after(drawn);
            Promise.resolve(Plotly.newPlot(drawn, figure.data || [], layout, { responsive: true, displaylogo: false })).then(() => place.hidden = true, () => drawn.remove());
          } catch (e) { drawn.remove(); }
        }
        """;

    private static readonly string[] Names =
    [
        "plotly.min.js", "plotly-basic.min.js", "node_modules/plotly.js-dist-min/plotly.min.js", "node_modules/plotly.js-basic-dist-min/plotly-basic.min.js",
    ];

    private readonly string _script;

    private PlotlyScript(string script) => _script = script;

    /// <summary>Reads the script.</summary>
    /// <param name="path">The file; null looks for the usual names in <paramref name="folders"/>.</param>
    /// <param name="folders">Where to look: the notebook's folder and the working folder.</param>
    /// <exception cref="NotebookException">It is not there, or not a plotly script.</exception>
    public static PlotlyScript Load(string? path, params string[] folders)
    {
        var file = path ?? folders.SelectMany(f => Names.Select(n => Path.Combine(f, n))).FirstOrDefault(File.Exists)
            ?? throw new NotebookException("An interactive page needs the plotly script, which was not found beside the notebook (plotly.min.js, or node_modules/plotly.js-dist-min); name the file with --plotly FILE.");
        if (!File.Exists(file))
            throw new NotebookException($"There is no file {file}; name the plotly script, plotly.min.js, with --plotly.");
        if (new FileInfo(file).Length > MaxBytes)
            throw new NotebookException($"{file} has more than {MaxBytes >> 20} MiB, which no plotly script has.");
        var script = NotebookFile.ReadText(file);
        if (!script.Contains("Plotly", StringComparison.Ordinal) || script.Contains("</script", StringComparison.OrdinalIgnoreCase))
            throw new NotebookException($"{file} is not a plotly script that can be put into a page; take plotly.min.js from plotly.js-dist-min.");
        return new PlotlyScript(script.ReplaceLineEndings("\n"));
    }

    /// <summary>What the page's policy says of scripts: these two, by their hashes.</summary>
    internal string Policy => $"; script-src {Hash(_script)} {Hash(Loader)}; img-src data: blob:";

    /// <summary>The scripts for the page's end.</summary>
    internal string Html => $"<script>{_script}</script>\n<script>{Loader}</script>\n";

    /// <summary>A figure: its picture, and the data the script draws over it; null when the JSON is none.</summary>
    /// <param name="json">The figure, <c>{"data": […], "layout": {…}}</c>.</param>
    /// <param name="picture">The HTML shown until, and unless, the script draws.</param>
    internal static string? Figure(string json, string picture)
    {
        try
        {
            // The default encoder escapes <, so that the data cannot end its element.
            var data = JsonNode.Parse(json) is JsonObject figure ? figure.ToJsonString() : null;
            return data is null ? null : $"<div class=\"picture\">{picture}</div><script type=\"application/json\" class=\"plotly-data\">{data}</script>";
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private static string Hash(string script) => $"'sha256-{Convert.ToBase64String(SHA256.HashData(Encoding.UTF8.GetBytes(script)))}'";
}
