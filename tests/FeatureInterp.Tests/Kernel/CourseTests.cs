using FeatureInterp.Kernel.Notebooks;
using FeatureInterp.Kernel.Runner;
using FeatureInterp.Tests.Kernel.Scripting.Packages;

namespace FeatureInterp.Tests.Kernel;

/// <summary>
/// Notebooks in the style of public C# courses, saved as the older tools saved them, run unedited. What each must show is known from arithmetic
/// and from C# itself.
/// </summary>
public class CourseTests
{
    // [file, what some cell must put out (text or markup), …]
    public static TheoryData<string, string[]> Courses() => new()
    {
        { "01-first-steps.dib", ["result Ada was born in 1815.", "stdout 10! = 3628800\n", "result 55", "display step 3 of 3", "result 129", "display [2, 3, 5, 7, 11, 13, 17, 19, 23, 29]", "Wall time: ", "<em>emphasised</em>", "display born, name, primes, progress"] },
        { "02-records-and-linq.dib", ["stdout False True\n", "Mercury+Venus", "Earth+Mars", "[\"Earth\", \"Venus\"]", "<th>RadiusKm</th>", "1  Earth", "4  Mercury", "  3      4", "  5      3"] },
        { "03-async.dib", ["result 9", "result [1, 4, 9]", "stdout 3 2 1 lift-off\n", "display TaskCanceledException", "result at most 2 at once"] },
        { "04-packages-and-charts.dib", ["Installed Packages: Course.Shapes, 1.2.0", "result 19", "width='200'", "width='180'", "Plain HTML cell", "<h3>Inside a C# cell</h3>", "result and back"] },
        { "05-parts.dib", ["result 212", "result [1, 4, 9, 16]", "result Oslo", "text/vnd.mermaid graph LR", "<td>limit</td><td>Int32</td><td>300000</td>"] },
        { "06-pattern-matching.ipynb", ["[\"nothing\", \"negative\", \"large\", \"number\", \"empty text\", \"text of 4\", \"point 5\", \"Double\"]", "result 10", "result 42"] },
        { "07-json-and-files.ipynb", ["result {\"Title\":\"The C Programming Language\",\"Year\":1978,\"Authors\":[\"Kernighan\",\"Ritchie\"]}", "stdout 2 authors, False\n", "result 1978", "result 42", "result {\"y\":true,\"z\":5}"] },
        { "08-html-from-code.ipynb", ["<div><h2>Squares</h2><ul><li>1</li><li>4</li><li>9</li></ul></div>", "text/html <b>12.50</b> EUR", "text/html <i>final</i>", "text/html <b>1.00</b> NOK", "display <not html>", "application/javascript console.log('hello');", "application/javascript console.log(\"a cell of its own\");"] },
        { "09-generics.ipynb", ["result ba0", "stdout 0.75\n", "result 42", "result (\"plum\", 9)", "    1      2", "    2      4"] },
        { "10-errors-and-progress.ipynb", ["stderr FormatException\n", "display FormatException: ", "stdout -4 is below zero\nalways\n", "result 42", "stdout done", "points='0,80 20,75 40,60 60,35 80,0'"] },
    };

    [Theory, MemberData(nameof(Courses), DisableDiscoveryEnumeration = true)]
    public async Task Course_RunsUneditedAndShowsWhatItMust(string file, string[] wanted)
    {
        var folder = await FolderAsync();
        var run = await NotebookRunner.RunAsync(NotebookFile.Load(Path.Combine(folder, file)), new RunOptions { BaseDirectory = folder }, [], default);
        var shown = run.Notebook.Cells.SelectMany(c => c.Outputs).SelectMany(Texts).ToList();
        Assert.True(run.Status == RunStatus.Completed, string.Join('\n', shown));
        var missing = wanted.Where(w => !shown.Exists(s => s.Contains(w, StringComparison.Ordinal))).ToList();
        Assert.True(missing.Count == 0, $"'{string.Join("', '", missing)}' is in none of\n{string.Join('\n', shown)}");
        Assert.DoesNotContain(shown, s => s.Contains("half-done", StringComparison.Ordinal) || s.Contains("could not be made", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Courses_AreTenAndEachIsAsserted()
    {
        var files = Directory.EnumerateFiles(await FolderAsync(), "*.*").Select(f => Path.GetFileName(f)!).Where(f => Path.GetExtension(f) is ".dib" or ".ipynb").Order(StringComparer.Ordinal);
        Assert.Equal(files, Courses().Select(r => r.Data.Item1));
        Assert.Equal(10, Courses().Count);
    }

    private static IEnumerable<string> Texts(CellOutput output)
    {
        var (kind, data) = output switch
        {
            DisplayOutput d => ("display", d.Data),
            ResultOutput r => ("result", r.Data),
            StreamOutput s => (s.Stream == StandardStream.Output ? "stdout" : "stderr", MimeBundle.FromText(s.Text)),
            ErrorOutput e => ("error", MimeBundle.FromText(string.Join('\n', e.Traceback))),
            _ => throw new InvalidOperationException(output.GetType().Name),
        };
        return data.Items.Select(i => $"{(i.Key == MimeBundle.PlainTextType ? kind : i.Key)} {i.Value}");
    }

    // The notebooks as a reader has them: in a folder of their own, here with a feed that holds the one package they ask for.
    private static async Task<string> FolderAsync()
    {
        var feed = new LocalFeed().AddCode("Course.Shapes", "1.2.0",
            """
            namespace Course.Shapes;
            public interface IShape { double Area { get; } }
            public class Square(double side) : IShape { public double Area => side * side; }
            public class Rectangle(double width, double height) : IShape { public double Area => width * height; }
            """);
        var source = Path.Combine(AppContext.BaseDirectory, "Kernel", "Courses");
        foreach (var file in Directory.EnumerateFiles(source, "*", SearchOption.AllDirectories))
        {
            var target = Path.Combine(feed.Folder, Path.GetRelativePath(source, file));
            Directory.CreateDirectory(Path.GetDirectoryName(target)!);
            await File.WriteAllBytesAsync(target, await File.ReadAllBytesAsync(file));
        }

        return feed.Folder;
    }
}
