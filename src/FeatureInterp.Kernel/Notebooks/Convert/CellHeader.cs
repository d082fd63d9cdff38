using System.Collections.Immutable;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace FeatureInterp.Kernel.Notebooks;

/// <summary>
/// What a text format says of a notebook and its cells in a line of JSON beside them. Nothing is said that follows from the cell, so
/// the notebooks made here need none.
/// </summary>
internal static class CellHeader
{
    /// <summary>The JSON of a cell, or null when there is nothing to say.</summary>
    public static JsonObject? Of(Cell cell, Notebook notebook)
    {
        var json = new JsonObject();
        if (cell.Id is { } id && !IsDerivedId(cell))
            json["id"] = id;
        if (OwnMetadata(cell, notebook) is { } metadata)
            json["metadata"] = new JsonObject().With(metadata);
        else if (!cell.Tags.IsEmpty && !IsTaggedByItsText(cell))
            json["tags"] = new JsonArray([.. cell.Tags.Select(t => (JsonNode)t)]);
        if (!cell.Extra.IsEmpty)
            json["extra"] = new JsonObject().With(cell.Extra);
        return json.Count == 0 ? null : json;
    }

    /// <summary>The JSON of a notebook, or null when it is what a notebook of C# has anyway.</summary>
    public static JsonObject? Of(Notebook notebook)
    {
        var fresh = new Notebook(notebook.Cells);
        if (JsonNode.DeepEquals(IpynbFile.MetadataJson(notebook), IpynbFile.MetadataJson(fresh)) && notebook.NbformatMinor is null or 5 && notebook.Extra.IsEmpty)
            return null;
        var json = new JsonObject { ["kernelInfo"] = DibMeta.KernelInfoJson(notebook) };
        if (!notebook.Metadata.IsEmpty)
            json["metadata"] = new JsonObject().With(notebook.Metadata);
        if (notebook.NbformatMinor is { } minor)
            json["nbformat_minor"] = minor;
        if (!notebook.Extra.IsEmpty)
            json["extra"] = new JsonObject().With(notebook.Extra);
        return json;
    }

    /// <summary>A cell with what its JSON says.</summary>
    /// <exception cref="NotebookException">The JSON is not of that form.</exception>
    public static Cell Read(Cell cell, string json, string where) => Parse(json, where, root =>
    {
        var metadata = root.TryGetProperty("metadata", out var found) ? NotebookJson.Members(found, _ => true) : null;
        return cell with
        {
            Id = root.TryGetProperty("id", out var id) ? id.GetString() : null,
            Metadata = metadata,
            Tags = metadata is null && root.TryGetProperty("tags", out var tags) ? [.. tags.EnumerateArray().Select(t => t.GetString() ?? "")] : IpynbReader.Tags(metadata),
            Extra = root.TryGetProperty("extra", out var extra) ? NotebookJson.Members(extra, _ => true) : NotebookJson.None,
        };
    });

    /// <summary>A notebook without cells with what its JSON says.</summary>
    /// <exception cref="NotebookException">The JSON is not of that form.</exception>
    public static Notebook ReadNotebook(string json, string where) => Parse(json, where, root =>
    {
        var notebook = new Notebook();
        if (root.TryGetProperty("kernelInfo", out var info))
            notebook = DibMeta.ReadKernels(notebook, info);
        return notebook with
        {
            Metadata = root.TryGetProperty("metadata", out var metadata) ? NotebookJson.Members(metadata, _ => true) : NotebookJson.None,
            NbformatMinor = root.TryGetProperty("nbformat_minor", out var minor) ? minor.GetInt32() : null,
            Extra = root.TryGetProperty("extra", out var extra) ? NotebookJson.Members(extra, _ => true) : NotebookJson.None,
        };
    });

    /// <summary>The metadata of a cell from an .ipynb; null when it is what is written for its language and tags anyway.</summary>
    public static ImmutableSortedDictionary<string, JsonElement>? OwnMetadata(Cell cell, Notebook notebook) =>
        cell.Metadata is null || JsonNode.DeepEquals(IpynbFile.CellMetadata(cell, notebook), IpynbFile.CellMetadata(cell with { Metadata = null }, notebook)) ? null : cell.Metadata;

    /// <summary>Whether the cell's only tag is the one its first line, <c>// parameters</c>, gives it.</summary>
    public static bool IsTaggedByItsText(Cell cell) => cell.Tags is [Cell.ParametersTag] && (cell with { Tags = [] }).IsParameters;

    /// <summary>Whether the cell's id is the one its text gives it, or that with a count after it.</summary>
    public static bool IsDerivedId(Cell cell) =>
        cell.Id is { } id && new CellIds().Next(cell with { Id = null }) is var derived && string.Equals(id, derived, StringComparison.Ordinal);

    private static T Parse<T>(string json, string where, Func<JsonElement, T> read)
    {
        try
        {
            using var document = JsonDocument.Parse(json, new JsonDocumentOptions { MaxDepth = 128, AllowDuplicateProperties = false });
            return read(document.RootElement);
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or KeyNotFoundException or FormatException)
        {
            throw new NotebookException($"{where}: what stands after the mark is not the JSON of a cell ({e.Message.Split(" LineNumber")[0].TrimEnd('.')}).", e);
        }
    }
}
