using System.Text.Json.Nodes;

namespace FeatureInterp.Kernel.Notebooks;

/// <summary>Fits a notebook of another format to what a .dib can say.</summary>
internal static class DibConversion
{
    private static readonly JsonObject Usual = IpynbFile.MetadataJson(new Notebook());

    /// <summary>The notebook with every language declared and without marks a .dib writes itself.</summary>
    public static Notebook Prepare(Notebook notebook, ConversionLosses losses)
    {
        var names = new Dictionary<string, string>(KnownKernels.Aliases, StringComparer.Ordinal);
        DibMeta.AddNames(notebook, names);
        foreach (var cell in notebook.Cells)
            Tell(cell, notebook, losses);
        if (!notebook.Extra.IsEmpty)
            losses.AddWhole("members of the file unknown here");
        var missing = notebook.Cells.Select(c => c.Kernel).Distinct(StringComparer.Ordinal).Where(k => !names.ContainsKey(k));
        return notebook with
        {
            // What every .ipynb of C# says, a .dib need not.
            Metadata = notebook.Metadata.RemoveRange(notebook.Metadata.Where(m => JsonNode.DeepEquals(JsonNode.Parse(m.Value.GetRawText()), Usual[m.Key])).Select(m => m.Key)),
            Kernels = [.. notebook.Kernels, .. missing.Select(k => new KernelInfo(k, null, []))],
            Cells = [.. notebook.Cells.Select(WithoutOwnMark)],
        };
    }

    private static void Tell(Cell cell, Notebook notebook, ConversionLosses losses)
    {
        losses.AddRunOf(cell);
        if (cell.Id is not null && !CellHeader.IsDerivedId(cell))
            losses.Add("cell ids");
        if (!cell.Tags.IsEmpty && !CellHeader.IsTaggedByItsText(cell))
            losses.Add("tags");
        if (CellHeader.OwnMetadata(cell, notebook) is { } metadata && metadata.Keys.Any(k => k is not ("tags" or "polyglot_notebook" or "dotnet_interactive")))
            losses.Add("cell metadata");
        if (!cell.Extra.IsEmpty)
            losses.Add("attachments and other members of cells");
        if (cell.Source.Trim('\n').Length == 0)
            losses.Add("empty cells");
    }

    private static Cell WithoutOwnMark(Cell cell)
    {
        var end = cell.Source.IndexOf('\n', StringComparison.Ordinal);
        var line = (end < 0 ? cell.Source : cell.Source[..end]);
        return line.StartsWith("#!", StringComparison.Ordinal) && KnownKernels.Aliases.TryGetValue(line[2..], out var kernel) && string.Equals(kernel, cell.Kernel, StringComparison.Ordinal)
            ? cell with { Source = end < 0 ? "" : cell.Source[(end + 1)..] } : cell;
    }
}
