using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;

namespace FeatureInterp.Benchmarks;

/// <summary>A Markdown table and the notes under it.</summary>
internal sealed class Report(params string[] columns)
{
    private readonly List<string[]> _rows = [];
    private readonly List<string> _notes = [];

    public void Row(params string[] cells)
    {
        _rows.Add(cells);
        Console.Error.WriteLine(string.Join("  ", cells));
    }

    public void Note(string text) => _notes.Add(text);

    public static string Number(double value, int digits = 1) => value.ToString("F" + digits, CultureInfo.InvariantCulture);

    public static string Percent(double ratio) => (100 * ratio).ToString("F0", CultureInfo.InvariantCulture) + " %";

    public string ToMarkdown()
    {
        var text = new StringBuilder();
        text.AppendLine($"| {string.Join(" | ", columns)} |");
        text.AppendLine("|" + string.Concat(Enumerable.Repeat("---|", columns.Length)));
        foreach (var row in _rows)
            text.AppendLine($"| {string.Join(" | ", row)} |");
        if (_notes.Count > 0)
            text.AppendLine();
        foreach (var note in _notes)
            text.AppendLine("- " + note);
        return text.ToString();
    }

    public string Save(string name, string asks)
    {
        var folder = Path.Combine(ProjectFolder(), "results", Machine.Slug);
        Directory.CreateDirectory(folder);
        var file = Path.Combine(folder, name + ".md");
        File.WriteAllText(file + ".tmp", $"""
            # {asks}

            {Machine.Processor}, {Environment.ProcessorCount} processors, {RuntimeInformation.FrameworkDescription}, {RuntimeInformation.OSDescription.Trim()}.

            {ToMarkdown()}
            """);
        File.Move(file + ".tmp", file, overwrite: true);
        return file;
    }

    private static string ProjectFolder()
    {
        for (var folder = AppContext.BaseDirectory; folder is not null; folder = Path.GetDirectoryName(folder))
        {
            if (File.Exists(Path.Combine(folder, "FeatureInterp.Kernel.sln")))
                return Path.Combine(folder, "tests", "FeatureInterp.Benchmarks");
        }

        throw new InvalidOperationException("FeatureInterp.Kernel.sln is not above " + AppContext.BaseDirectory);
    }
}
