using System.Globalization;
using System.Text;
using FeatureInterp.Kernel.Notebooks;

namespace FeatureInterp.Kernel.Scripting.Magics;

/// <summary>
/// <c>#!import FILE</c>: runs a notebook's C# cells in order, or a <c>.cs</c> or <c>.csx</c> file as one cell, in this session. Paths start at the
/// folder of the file that imports. HTML, JavaScript and Mermaid cells are shown, prose and other languages are passed over.
/// </summary>
internal sealed class ImportMagic : IMagic
{
    private const int MaxDepth = 32;

    /// <inheritdoc/>
    public string Name => "import";

    /// <inheritdoc/>
    public string Usage => "#!import file.dib|.ipynb|.cs|.csx";

    /// <inheritdoc/>
    public string Summary => "Runs another file's C# in this session.";

    /// <inheritdoc/>
    public MagicSyntax Syntax { get; } = new([], [], MaxValues: 8);

    /// <inheritdoc/>
    public async Task<CellResult?> RunAsync(MagicLine line, string text, MagicContext context)
    {
        if (line.Values.IsEmpty || line.Values.Any(v => v.Source is not null))
            throw new MagicException($"#!import needs a file; wanted {Usage}.");
        // A path with spaces is often written without quotes.
        return await RunAsync(context.Resolve(string.Join(' ', line.Values.Select(v => v.Text))), context).ConfigureAwait(false);
    }

    /// <summary>Runs the file at a full path.</summary>
    /// <exception cref="MagicException">It cannot be read, imports itself, or is of another kind.</exception>
    public static async Task<CellResult?> RunAsync(string path, MagicContext context)
    {
        var file = Path.GetFileName(path);
        if (context.Importing.Contains(path, StringComparer.Ordinal))
            throw new MagicException($"{file} imports itself: {string.Join(" → ", context.Importing.Append(path).Select(Path.GetFileName))}; take one #!import out.");
        if (context.Importing.Length >= MaxDepth)
            throw new MagicException($"{file} is imported {MaxDepth} files deep; that is as deep as it goes.");
        var importing = context.Importing.Add(path);
        foreach (var (name, kernel, source) in Cells(path, file))
        {
            if (string.Equals(kernel, KnownKernels.CSharp, StringComparison.Ordinal))
            {
                var cell = context.Cell.Imports(name);
                var result = await new CellProgram(context.Session, cell, importing).RunAsync(source).ConfigureAwait(false);
                if (result.Status != CellStatus.Succeeded)
                    return result with { Error = result.Error is { } e ? e with { Traceback = e.Traceback.Add($"  imported by {context.Cell.Name}") } : null };
                if (result.Value is { } value)
                    context.Show(value);
            }
            else if (!string.Equals(kernel, KnownKernels.Markdown, StringComparison.Ordinal) && CellContent.TryFormat(kernel, source) is { } content)
            {
                context.Show(content);
            }
        }

        return null;
    }

    private static IEnumerable<(string Name, string Kernel, string Source)> Cells(string path, string file)
    {
        switch (Path.GetExtension(path).ToLowerInvariant())
        {
            case ".cs" or ".csx":
                return [(file, KnownKernels.CSharp, ReadText(path))];
            case ".dib" or ".ipynb":
                try
                {
                    return NotebookFile.Load(path).Cells.Select((c, i) => (string.Create(CultureInfo.InvariantCulture, $"{file}, cell {i + 1}"), c.Kernel, c.Source));
                }
                catch (NotebookException e)
                {
                    throw new MagicException(e.Message);
                }

            case var other:
                throw new MagicException($"#!import reads .dib, .ipynb, .cs and .csx; {file} is '{other}'.");
        }
    }

    private static string ReadText(string path)
    {
        try
        {
            var length = new FileInfo(path).Length;
            return length > NotebookFile.MaxBytes
                ? throw new MagicException($"{path} has {length} bytes; at most {NotebookFile.MaxBytes} are imported.")
                : File.ReadAllText(path, Encoding.UTF8).Replace("\r\n", "\n", StringComparison.Ordinal);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new MagicException($"#!import could not read {path} ({e.Message.TrimEnd('.')}); check the path.");
        }
    }
}
