using System.Text.Json;
using System.Text.Json.Nodes;

namespace FeatureInterp.Kernel.Notebooks;

/// <summary>
/// Jupyter's <c>.ipynb</c>, nbformat 4.5, with the metadata by which Polyglot Notebooks knows a C# notebook. The same notebook gives
/// the same bytes, and a changed cell changes only its own lines: no times, no counters beyond <c>execution_count</c>, sorted keys.
/// What is read is written again, whether or not it means anything here.
/// </summary>
public static class IpynbFile
{
    private const int Minor = 5;

    /// <summary>Reads a notebook.</summary>
    /// <param name="text">The file's text.</param>
    /// <param name="name">What to call the file in an error.</param>
    /// <exception cref="NotebookException">It is not JSON, or not a notebook of nbformat 4.</exception>
    public static Notebook Parse(string text, string name = "the notebook") => IpynbReader.Read(text, name);

    /// <summary>The notebook as .ipynb text: nbformat 4.5, or the minor version it was read in.</summary>
    public static string Write(Notebook notebook)
    {
        var ids = new CellIds();
        var minor = notebook.NbformatMinor ?? Minor;
        return NotebookJson.WriteIndented(new JsonObject
        {
            ["cells"] = new JsonArray([.. notebook.Cells.Select(c => CellJson(c, notebook, minor >= Minor ? ids.Next(c) : c.Id))]),
            ["metadata"] = MetadataJson(notebook),
            ["nbformat"] = 4,
            ["nbformat_minor"] = minor,
        }.With(notebook.Extra));
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

    private static JsonNode CellJson(Cell cell, Notebook notebook, string? id)
    {
        var json = new JsonObject { ["metadata"] = CellMetadata(cell, notebook), ["source"] = Lines(cell.Source) };
        if (id is not null)
            json["id"] = id;
        if (cell.IsCode)
        {
            json["cell_type"] = "code";
            json["execution_count"] = cell.ExecutionCount;
            json["outputs"] = new JsonArray([.. cell.Outputs.Select(o => OutputJson(o, cell.ExecutionCount))]);
        }
        else
        {
            json["cell_type"] = cell.IsMarkdown ? "markdown" : "raw";
        }

        return json.With(cell.Extra);
    }

    /// <summary>A cell's metadata as it is written.</summary>
    internal static JsonObject CellMetadata(Cell cell, Notebook notebook)
    {
        var metadata = new JsonObject().With(cell.Metadata ?? NotebookJson.None);
        var tags = cell.Metadata is null && cell.IsParameters && !cell.Tags.Contains(Cell.ParametersTag, StringComparer.Ordinal)
            ? cell.Tags.Add(Cell.ParametersTag) : cell.Tags;
        if (!tags.SequenceEqual(IpynbReader.Tags(cell.Metadata), StringComparer.Ordinal))
            metadata["tags"] = new JsonArray([.. tags.Select(t => (JsonNode)t)]);
        // A cell read from an .ipynb says its language in its own way, if it says it at all.
        if (cell.IsCode && (cell.Metadata is null || !string.Equals(IpynbReader.KernelOf(cell.Metadata, cell.Source, notebook), cell.Kernel, StringComparison.Ordinal)))
        {
            metadata["dotnet_interactive"] = new JsonObject { ["language"] = cell.Kernel };
            metadata["polyglot_notebook"] = new JsonObject { ["kernelName"] = cell.Kernel };
        }

        return metadata;
    }

    private static JsonNode OutputJson(CellOutput output, int? executionCount) => output switch
    {
        StreamOutput s => new JsonObject
        {
            ["name"] = s.Stream == StandardStream.Output ? "stdout" : "stderr",
            ["output_type"] = "stream",
            ["text"] = Lines(s.Text),
        }.With(s.Extra),
        DisplayOutput d => new JsonObject { ["data"] = BundleJson(d.Data), ["metadata"] = new JsonObject(), ["output_type"] = "display_data" }.With(d.Extra),
        ResultOutput r => new JsonObject
        {
            ["data"] = BundleJson(r.Data),
            ["execution_count"] = executionCount,
            ["metadata"] = new JsonObject(),
            ["output_type"] = "execute_result",
        }.With(r.Extra),
        ErrorOutput e => new JsonObject
        {
            ["ename"] = e.Name,
            ["evalue"] = e.Message,
            ["output_type"] = "error",
            ["traceback"] = new JsonArray([.. e.Traceback.Select(l => (JsonNode)l)]),
        }.With(e.Extra),
        UnknownOutput u => JsonNode.Parse(u.Json.GetRawText())!,
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

    /// <summary>A notebook's metadata as it is written.</summary>
    internal static JsonObject MetadataJson(Notebook notebook)
    {
        var metadata = new JsonObject();
        if (notebook.NbformatMinor is null)
        {
            metadata["kernelspec"] = new JsonObject { ["display_name"] = ".NET (C#)", ["language"] = "C#", ["name"] = ".net-csharp" };
            metadata["language_info"] = new JsonObject
            {
                ["file_extension"] = ".cs",
                ["mimetype"] = "text/x-csharp",
                ["name"] = "C#",
                ["pygments_lexer"] = "csharp",
                ["version"] = "14.0",
            };
            metadata["polyglot_notebook"] = new JsonObject { ["kernelInfo"] = DibMeta.KernelInfoJson(notebook) };
        }

        return metadata.With(notebook.Metadata);
    }
}
