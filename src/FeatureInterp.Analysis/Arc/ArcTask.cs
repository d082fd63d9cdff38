using System.Globalization;
using System.Text;
using System.Text.Json;
using FeatureInterp.Models;

namespace FeatureInterp.Analysis;

/// <summary>A grid of digits.</summary>
/// <param name="Rows">The rows, all of one length.</param>
public sealed record ArcGrid(IReadOnlyList<IReadOnlyList<int>> Rows)
{
    /// <summary>Whether two grids have the same digits.</summary>
    /// <param name="other">The other grid.</param>
    public bool Equals(ArcGrid? other) => other is not null && Rows.Count == other.Rows.Count && Rows.Zip(other.Rows).All(r => r.First.SequenceEqual(r.Second));

    /// <inheritdoc/>
    public override int GetHashCode() => Rows.Aggregate(17, (hash, row) => row.Aggregate(hash, HashCode.Combine));

    /// <summary>The grid as numpy prints an array: <c>array([[1, 2],⏎       [3, 4]])</c>.</summary>
    public override string ToString() =>
        "array([" + string.Join(",\n       ", Rows.Select(r => "[" + string.Join(", ", r.Select(v => v.ToString(CultureInfo.InvariantCulture))) + "]")) + "])";
}

/// <summary>An input grid and the output its task's rule makes of it.</summary>
/// <param name="Input">The input.</param>
/// <param name="Output">The output.</param>
public sealed record ArcPair(ArcGrid Input, ArcGrid Output);

/// <summary>A task of the Abstraction and Reasoning Corpus (Chollet 2019): pairs that follow one rule, and one to complete.</summary>
/// <param name="Name">The task's name, such as <c>e9afcf9a</c>.</param>
/// <param name="Train">The pairs that show the rule.</param>
/// <param name="Test">The pair whose output is asked for.</param>
public sealed record ArcTask(string Name, IReadOnlyList<ArcPair> Train, ArcPair Test)
{
    /// <summary>The first lines of the prompt that the embedded model was trained on.</summary>
    public const string Preamble = "Every pair of matrices below follows one rule. \nFind the rule, rate your confidence from 0 to 5, then give the missing output. \n";

    /// <summary>Reads a task.</summary>
    /// <param name="nameOrFile">A file in the corpus's JSON form, or the name of one under <c>data/tasks/arc</c>.</param>
    /// <exception cref="AnalysisException">There is no such task, or the file is not one.</exception>
    public static ArcTask Load(string nameOrFile)
    {
        var path = File.Exists(nameOrFile) ? nameOrFile : DataFolder.PathOf("tasks", "arc", nameOrFile + ".json");
        try
        {
            using var json = JsonDocument.Parse(File.ReadAllText(path));
            return new ArcTask(Path.GetFileNameWithoutExtension(path), [.. json.RootElement.GetProperty("train").EnumerateArray().Select(Pair)], Pair(json.RootElement.GetProperty("test")[0]));
        }
        catch (Exception e) when (e is IOException or JsonException or InvalidOperationException or KeyNotFoundException or FormatException or IndexOutOfRangeException)
        {
            throw new AnalysisException($"{path}: this is not a readable ARC task ({e.Message}); give a JSON file with 'train' and 'test', or a name under data/tasks/arc.", e);
        }
    }

    /// <summary>The prompt: the preamble, the pairs, and the test input, ending in <c>OUTPUT.</c> and a space.</summary>
    /// <param name="preamble">The first lines; <see cref="Preamble"/> if left out.</param>
    public string Prompt(string preamble = Preamble)
    {
        var text = new StringBuilder(preamble);
        for (var i = 0; i < Train.Count; i++)
        {
            text.Append(CultureInfo.InvariantCulture, $"TRAIN Pair {i}\nINPUT. {Shaped(Train[i].Input)}\n");
            text.Append(CultureInfo.InvariantCulture, $"OUTPUT. {Shaped(Train[i].Output)}\n");
        }

        return text.Append(CultureInfo.InvariantCulture, $"TEST Pair 0\nINPUT. {Shaped(Test.Input)}\nOUTPUT. ").ToString();
    }

    private static string Shaped(ArcGrid grid) =>
        string.Create(CultureInfo.InvariantCulture, $"Shape=({grid.Rows.Count}, {grid.Rows[0].Count})\n{grid}");

    private static ArcPair Pair(JsonElement pair) => new(Grid(pair.GetProperty("input")), Grid(pair.GetProperty("output")));

    private static ArcGrid Grid(JsonElement rows) => new([.. rows.EnumerateArray().Select(r => (IReadOnlyList<int>)[.. r.EnumerateArray().Select(v => v.GetInt32())])]);
}
