using FeatureInterp.Kernel.Notebooks;

namespace FeatureInterp.Kernel.Runner;

/// <summary>One notebook to run and where what comes of it is written.</summary>
/// <param name="Source">The notebook's full path, or <c>-</c> for the standard input.</param>
/// <param name="Notebook">The notebook.</param>
/// <param name="IpynbPath">Where the executed notebook goes.</param>
public sealed record RunPlan(string Source, Notebook Notebook, string IpynbPath)
{
    /// <summary>What the standard input is called on the command line.</summary>
    public const string StandardInput = "-";

    private const string Extension = ".ipynb";

    /// <summary>The folder that relative paths in the notebook start from.</summary>
    public string Folder => Source is StandardInput ? Environment.CurrentDirectory : Path.GetDirectoryName(Source)!;

    /// <summary>Where the page goes: beside the executed notebook.</summary>
    public string HtmlPath => Path.ChangeExtension(IpynbPath, ".html");

    /// <summary>Loads the notebooks and settles where each is written, before any of them runs.</summary>
    /// <param name="paths">The notebooks; <c>-</c> is the standard input.</param>
    /// <param name="output">A folder, or a file ending in <c>.ipynb</c>; null puts the result beside the notebook.</param>
    /// <param name="inPlace">Whether an .ipynb may be overwritten with its executed self.</param>
    /// <param name="input">The standard input.</param>
    /// <exception cref="NotebookException">A notebook cannot be read, or a result would overwrite what it should not.</exception>
    public static IReadOnlyList<RunPlan> Make(IReadOnlyList<string> paths, string? output, bool inPlace, TextReader input)
    {
        if (inPlace && output is not null)
            throw new NotebookException("--in-place and --out say two things; give one of them.");
        var isFile = output is not null && Path.GetExtension(output).Equals(Extension, StringComparison.OrdinalIgnoreCase) && !Directory.Exists(output);
        if (isFile && paths.Count > 1)
            throw new NotebookException($"--out {output} names one file for {paths.Count} notebooks; name a folder.");
        var plans = paths.Select(p => Make(p, output, isFile, inPlace, input)).ToList();
        foreach (var twins in plans.GroupBy(p => p.IpynbPath, StringComparer.Ordinal).Where(g => g.Count() > 1))
            throw new NotebookException($"{string.Join(" and ", twins.Select(p => p.Source))} would both be written to {twins.Key}; run them one at a time with an --out each.");
        return plans;
    }

    private static RunPlan Make(string path, string? output, bool isFile, bool inPlace, TextReader input)
    {
        if (path is StandardInput)
        {
            return isFile ? new RunPlan(StandardInput, NotebookFile.Read(input), Path.GetFullPath(output!))
                : throw new NotebookException("A notebook from the standard input needs a file to be written to: --out FILE.ipynb.");
        }

        var source = Path.GetFullPath(path);
        var notebook = NotebookFile.Load(path);
        if (inPlace && notebook.NbformatMinor is null)
            throw new NotebookException($"--in-place: {path} cannot hold outputs; without it the .ipynb is written beside.");
        var twin = isFile ? Path.GetFullPath(output!)
            : Path.Combine(output is null ? Path.GetDirectoryName(source)! : Path.GetFullPath(output), Path.GetFileNameWithoutExtension(source) + Extension);
        return inPlace || !string.Equals(twin, source, StringComparison.Ordinal) ? new RunPlan(source, notebook, twin)
            : throw new NotebookException($"{path} would be overwritten with its executed self; say --in-place if that is meant, or --out FOLDER.");
    }
}
