using System.Collections.Immutable;
using System.Text;

namespace FeatureInterp.Kernel.Notebooks;

/// <summary>
/// Polyglot's <c>.dib</c>: plain text in which a line <c>#!csharp</c>, <c>#!markdown</c>, … starts a cell. Read by the rules of
/// Polyglot's own reader: the mark must be the whole line (a trailing space makes it text), other <c>#!…</c> lines belong to
/// their cell, empty lines around a cell are dropped, and so are empty cells. There is no escape.
/// </summary>
public static class DibFile
{
    private const string Mark = "#!";
    private const string MetaMark = "#!meta";

    /// <summary>Reads a notebook from text with <c>\n</c> or <c>\r\n</c> line ends and with or without a byte order mark.</summary>
    /// <param name="text">The file's text.</param>
    /// <param name="name">What to call the file in an error.</param>
    /// <returns>The notebook; text without any cell gives one empty cell of the default language, as in Polyglot.</returns>
    /// <exception cref="NotebookException">The <c>#!meta</c> block is not the JSON it should be.</exception>
    public static Notebook Parse(string text, string name = "the notebook")
    {
        var lines = text.TrimStart('\uFEFF').Replace("\r\n", "\n", StringComparison.Ordinal).Split('\n');
        var notebook = new Notebook();
        var names = new Dictionary<string, string>(KnownKernels.Aliases, StringComparer.Ordinal);
        var cells = ImmutableArray.CreateBuilder<Cell>();
        var current = new List<string>();
        string? kernel = null;
        var metaSeen = false;

        for (var i = 0; i < lines.Length; i++)
        {
            if (!metaSeen && lines[i].StartsWith(MetaMark, StringComparison.Ordinal))
            {
                metaSeen = true;
                var start = i + 1;
                while (i + 1 < lines.Length && !lines[i + 1].StartsWith(Mark, StringComparison.Ordinal))
                    i++;
                notebook = DibMeta.Read(string.Join('\n', lines[start..(i + 1)]), start + 1, name);
                DibMeta.AddNames(notebook, names);
            }
            else if (lines[i].StartsWith(Mark, StringComparison.Ordinal) && names.TryGetValue(lines[i][Mark.Length..], out var next))
            {
                Finish();
                kernel = next;
            }
            else
            {
                current.Add(lines[i]);
            }
        }

        Finish();
        if (cells.Count == 0)
            cells.Add(new Cell(notebook.DefaultKernel, ""));
        return notebook with { Cells = cells.ToImmutable() };

        void Finish()
        {
            var first = current.FindIndex(l => l.Length > 0);
            if (first >= 0)
                cells.Add(new Cell(kernel ?? notebook.DefaultKernel, string.Join('\n', current[first..(current.FindLastIndex(l => l.Length > 0) + 1)])));
            current.Clear();
        }
    }

    /// <summary>The notebook as .dib text: <c>\n</c> line ends, metadata first, no outputs, empty cells left out.</summary>
    /// <exception cref="NotebookException">A line of a cell would itself start a cell.</exception>
    public static string Write(Notebook notebook)
    {
        var names = new Dictionary<string, string>(KnownKernels.Aliases, StringComparer.Ordinal);
        DibMeta.AddNames(notebook, names);
        var text = new StringBuilder($"{MetaMark}\n\n{DibMeta.Write(notebook)}\n");
        foreach (var (number, cell) in notebook.Cells.Index())
        {
            var source = cell.Source.Trim('\n');
            if (source.Length == 0)
                continue;
            if (!names.ContainsKey(cell.Kernel))
                throw new NotebookException($"Cell {number + 1} is in '{cell.Kernel}', which the notebook does not declare; add it to its languages.");
            foreach (var line in source.Split('\n'))
            {
                if (line.StartsWith(Mark, StringComparison.Ordinal) && names.ContainsKey(line[Mark.Length..]))
                    throw new NotebookException($"Cell {number + 1} has the line '{line}', which would start a new cell in a .dib; add a space after it.");
            }

            text.Append('\n').Append(Mark).Append(cell.Kernel).Append("\n\n").Append(source).Append('\n');
        }

        return text.ToString();
    }
}
