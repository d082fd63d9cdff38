using System.Text.Json;
using System.Text.Json.Nodes;

namespace FeatureInterp.Kernel.Notebooks;

/// <summary>
/// Jupyter's <c>.ipynb</c>, nbformat 4.5, with the metadata by which Polyglot Notebooks knows a C# notebook. The same notebook gives
/// the same bytes, and a changed cell changes only its own lines: no times, no counters beyond <c>execution_count</c>, sorted keys.
/// </summary>
public static class IpynbFile
{
    /// <summary>The notebook as .ipynb text.</summary>
    public static string Write(Notebook notebook)
    {
        var ids = new CellIds();
        return NotebookJson.WriteIndented(new JsonObject
        {
            ["cells"] = new JsonArray([.. notebook.Cells.Select(c => CellJson(c, ids.Next(c)))]),
            ["metadata"] = MetadataJson(notebook),
            ["nbformat"] = 4,
            ["nbformat_minor"] = 5,
        });
    }

    /// <summary>Splits text as nbformat stores it: each line with its <c>\n</c>, the last without one.</summary>
    internal static JsonArray Lines(string text)
    {
        var lines = new JsonArray();
        for (var start = 0; start < text.Length;)
        {
            var end = text.IndexOf('\n', start);
            end = end < 0 ? text.Length : end + 1;
            lines.Add(text[start..end]);
            start = end;
        }

        return lines;
    }

    private static JsonNode CellJson(Cell cell, string id)
    {
        var metadata = new JsonObject();
        var tags = cell.IsParameters && !cell.Tags.Contains(Cell.ParametersTag, StringComparer.Ordinal) ? cell.Tags.Add(Cell.ParametersTag) : cell.Tags;
        if (tags.Length > 0)
            metadata["tags"] = new JsonArray([.. tags.Select(t => (JsonNode)t)]);
        var json = new JsonObject { ["id"] = id, ["metadata"] = metadata, ["source"] = Lines(cell.Source) };
        if (cell.IsMarkdown)
        {
            json["cell_type"] = "markdown";
            return json;
        }

        metadata["dotnet_interactive"] = new JsonObject { ["language"] = cell.Kernel };
        metadata["polyglot_notebook"] = new JsonObject { ["kernelName"] = cell.Kernel };
        json["cell_type"] = "code";
        json["execution_count"] = cell.ExecutionCount;
        json["outputs"] = new JsonArray([.. cell.Outputs.Select(o => OutputJson(o, cell.ExecutionCount))]);
        return json;
    }

    private static JsonNode OutputJson(CellOutput output, int? executionCount) => output switch
    {
        StreamOutput s => new JsonObject
        {
            ["name"] = s.Stream == StandardStream.Output ? "stdout" : "stderr",
            ["output_type"] = "stream",
            ["text"] = Lines(s.Text),
        },
        DisplayOutput d => new JsonObject { ["data"] = BundleJson(d.Data), ["metadata"] = new JsonObject(), ["output_type"] = "display_data" },
        ResultOutput r => new JsonObject
        {
            ["data"] = BundleJson(r.Data),
            ["execution_count"] = executionCount,
            ["metadata"] = new JsonObject(),
            ["output_type"] = "execute_result",
        },
        ErrorOutput e => new JsonObject
        {
            ["ename"] = e.Name,
            ["evalue"] = e.Message,
            ["output_type"] = "error",
            ["traceback"] = new JsonArray([.. e.Traceback.Select(l => (JsonNode)l)]),
        },
        _ => throw new ArgumentException($"An output of type {output.GetType().Name} has no place in nbformat.", nameof(output)),
    };

    private static JsonObject BundleJson(MimeBundle bundle)
    {
        var data = new JsonObject();
        foreach (var (type, content) in bundle.Items)
            data[type] = MimeBundle.IsJson(type) ? JsonOrText(content) : MimeBundle.IsLines(type) ? Lines(content) : content;
        return data;
    }

    private static JsonNode? JsonOrText(string content)
    {
        try
        {
            return JsonNode.Parse(content);
        }
        catch (JsonException)
        {
            return content;
        }
    }

    private static JsonObject MetadataJson(Notebook notebook) => new()
    {
        ["kernelspec"] = new JsonObject { ["display_name"] = ".NET (C#)", ["language"] = "C#", ["name"] = ".net-csharp" },
        ["language_info"] = new JsonObject
        {
            ["file_extension"] = ".cs",
            ["mimetype"] = "text/x-csharp",
            ["name"] = "C#",
            ["pygments_lexer"] = "csharp",
            ["version"] = "14.0",
        },
        ["polyglot_notebook"] = new JsonObject { ["kernelInfo"] = DibMeta.KernelInfoJson(notebook) },
    };
}
