using System.Collections.Immutable;
using System.Text.Json;

namespace FeatureInterp.Kernel.Notebooks;

/// <summary>Reads nbformat 4 of every minor version. Text may be a string or an array of lines; both are the same.</summary>
internal static class IpynbReader
{
    private static readonly JsonDocumentOptions Strict = new() { MaxDepth = 128, AllowDuplicateProperties = false };

    /// <summary>The notebook in <paramref name="text"/>.</summary>
    /// <exception cref="NotebookException">It is not JSON, or not a notebook of nbformat 4.</exception>
    public static Notebook Read(string text, string name)
    {
        if (string.IsNullOrWhiteSpace(text))
            throw new NotebookException($"{name} is empty; an .ipynb is a JSON object with nbformat 4.");
        try
        {
            using var document = JsonDocument.Parse(text.TrimStart('\uFEFF'), Strict);
            return ReadNotebook(document.RootElement, name);
        }
        catch (JsonException e)
        {
            throw new NotebookException($"{name}, line {(e.LineNumber ?? 0) + 1}: this is not the JSON of a notebook ({e.Message.Split(" LineNumber")[0].TrimEnd('.')}).", e);
        }
        catch (Exception e) when (e is InvalidOperationException or KeyNotFoundException or FormatException)
        {
            throw new NotebookException($"{name} is JSON, but not a notebook as nbformat 4 describes it ({e.Message.TrimEnd('.')}).", e);
        }
    }

    /// <summary>The tags in a cell's metadata; none when there are none or they are not strings.</summary>
    public static ImmutableArray<string> Tags(ImmutableSortedDictionary<string, JsonElement>? metadata) =>
        metadata is not null && metadata.TryGetValue("tags", out var tags) && tags.ValueKind == JsonValueKind.Array && tags.EnumerateArray().All(t => t.ValueKind == JsonValueKind.String)
            ? [.. tags.EnumerateArray().Select(t => t.GetString()!)] : [];

    /// <summary>The language of a code cell: what its metadata says, else its first line <c>#!name</c>, else the notebook's.</summary>
    public static string KernelOf(ImmutableSortedDictionary<string, JsonElement> metadata, string source, Notebook notebook)
    {
        if (Member(metadata, "polyglot_notebook", "kernelName") is { } polyglot)
            return polyglot;
        if (Member(metadata, "dotnet_interactive", "language") is { } dotnet)
            return dotnet;
        var line = source.AsSpan()[..Math.Max(0, source.IndexOf('\n', StringComparison.Ordinal) is >= 0 and var end ? end : source.Length)].TrimEnd();
        return line.StartsWith("#!", StringComparison.Ordinal) && KnownKernels.Aliases.TryGetValue(line[2..].ToString(), out var kernel) && kernel != KnownKernels.Markdown
            ? kernel : notebook.DefaultKernel;
    }

    private static Notebook ReadNotebook(JsonElement root, string name)
    {
        if (root.ValueKind != JsonValueKind.Object || !root.TryGetProperty("nbformat", out var major))
            throw new NotebookException($"{name} is JSON, but not a notebook: it has no nbformat.");
        if (major.GetInt32() is not 4 and var version)
            throw new NotebookException($"{name} is of nbformat {version}; wanted 4. Open it in Jupyter and save it, which brings it up to date.");
        var minor = root.TryGetProperty("nbformat_minor", out var m) ? m.GetInt32() : 0;
        var metadata = root.TryGetProperty("metadata", out var found) ? NotebookJson.Members(found, _ => true) : NotebookJson.None;
        var notebook = WithLanguages(new Notebook { Cells = [], Kernels = [] }, metadata) with
        {
            Metadata = metadata,
            NbformatMinor = minor,
            Extra = NotebookJson.Members(root, n => n is not ("cells" or "metadata" or "nbformat" or "nbformat_minor")),
        };
        return notebook with { Cells = [.. root.GetProperty("cells").EnumerateArray().Select(c => ReadCell(c, notebook))] };
    }

    private static Notebook WithLanguages(Notebook notebook, ImmutableSortedDictionary<string, JsonElement> metadata)
    {
        if (metadata.TryGetValue("polyglot_notebook", out var polyglot) && polyglot.ValueKind == JsonValueKind.Object && polyglot.TryGetProperty("kernelInfo", out var info))
            return DibMeta.ReadKernels(notebook, info);
        var language = Member(metadata, "kernelspec", "language") ?? Member(metadata, "language_info", "name") ?? KnownKernels.CSharp;
        var kernel = KnownKernels.Aliases.GetValueOrDefault(language) ?? language.ToLowerInvariant();
        return notebook with { DefaultKernel = kernel is "polyglot-notebook" ? KnownKernels.CSharp : kernel };
    }

    private static Cell ReadCell(JsonElement json, Notebook notebook)
    {
        var metadata = json.TryGetProperty("metadata", out var found) ? NotebookJson.Members(found, _ => true) : NotebookJson.None;
        var source = Text(json.GetProperty("source")) ?? throw new InvalidOperationException("a cell's source is not text");
        var type = json.GetProperty("cell_type").GetString();
        var kernel = type switch
        {
            "code" => KernelOf(metadata, source, notebook),
            "markdown" => KnownKernels.Markdown,
            "raw" => KnownKernels.Raw,
            _ => throw new InvalidOperationException($"a cell is of type '{type}', wanted code, markdown or raw"),
        };
        // A code cell that names Markdown as its language is Markdown for Polyglot; here only the cell's type says so.
        if (type is "code" && kernel is KnownKernels.Markdown or KnownKernels.Raw)
            throw new InvalidOperationException($"a code cell says its language is '{kernel}'");
        int? count = json.TryGetProperty("execution_count", out var c) && c.ValueKind == JsonValueKind.Number ? c.GetInt32() : null;
        return new Cell(kernel, source)
        {
            Id = json.TryGetProperty("id", out var id) ? id.GetString() : null,
            Metadata = metadata,
            Tags = Tags(metadata),
            ExecutionCount = count,
            Outputs = type is "code" && json.TryGetProperty("outputs", out var outputs) ? [.. outputs.EnumerateArray().Select(o => ReadOutput(o, count))] : [],
            Extra = NotebookJson.Members(json, n => n is not ("cell_type" or "id" or "metadata" or "source") && (type is not "code" || n is not ("execution_count" or "outputs"))),
        };
    }

    private static CellOutput ReadOutput(JsonElement json, int? count)
    {
        CellOutput? output = json.GetProperty("output_type").GetString() switch
        {
            "stream" when Text(json.GetProperty("text")) is { } text && json.GetProperty("name").GetString() is "stdout" or "stderr" =>
                new StreamOutput(json.GetProperty("name").GetString() is "stdout" ? StandardStream.Output : StandardStream.Error, text)
                { Extra = Rest(json, "name", "text") },
            "display_data" when ReadBundle(json.GetProperty("data")) is { } data => new DisplayOutput(data, "") { Extra = Rest(json, "data") },
            "execute_result" when ReadBundle(json.GetProperty("data")) is { } data => new ResultOutput(data)
            {
                Extra = json.TryGetProperty("execution_count", out var n) && n.ValueKind == JsonValueKind.Number && n.TryGetInt32(out var own) && own == count
                    ? Rest(json, "data", "execution_count") : Rest(json, "data"),
            },
            "error" => new ErrorOutput(
                json.GetProperty("ename").GetString() ?? "", json.GetProperty("evalue").GetString() ?? "",
                [.. json.GetProperty("traceback").EnumerateArray().Select(l => l.GetString() ?? "")])
            { Extra = Rest(json, "ename", "evalue", "traceback") },
            _ => null,
        };
        return output ?? new UnknownOutput(json.Clone());
    }

    private static ImmutableSortedDictionary<string, JsonElement> Rest(JsonElement json, params string[] known) =>
        NotebookJson.Members(json, n => n is not "output_type" && !known.Contains(n, StringComparer.Ordinal))
            .RemoveRange(IsEmptyObject(json, "metadata") ? ["metadata"] : []);

    private static bool IsEmptyObject(JsonElement json, string member) =>
        json.TryGetProperty(member, out var value) && value.ValueKind == JsonValueKind.Object && value.GetPropertyCount() == 0;

    private static MimeBundle? ReadBundle(JsonElement data)
    {
        var items = new List<KeyValuePair<string, string>>();
        foreach (var item in data.EnumerateObject())
        {
            if ((MimeBundle.IsJson(item.Name) ? item.Value.GetRawText() : Text(item.Value)) is not { } content)
                return null;
            items.Add(new(item.Name, content));
        }

        return new MimeBundle(items);
    }

    private static string? Text(JsonElement json) => json.ValueKind switch
    {
        JsonValueKind.String => json.GetString(),
        JsonValueKind.Array when json.EnumerateArray().All(l => l.ValueKind == JsonValueKind.String) => string.Concat(json.EnumerateArray().Select(l => l.GetString())),
        _ => null,
    };

    private static string? Member(ImmutableSortedDictionary<string, JsonElement> members, string name, string inner) =>
        members.TryGetValue(name, out var value) && value.ValueKind == JsonValueKind.Object && value.TryGetProperty(inner, out var text) && text.ValueKind == JsonValueKind.String
            ? text.GetString() : null;
}
