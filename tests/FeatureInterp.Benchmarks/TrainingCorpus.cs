using FeatureInterp.Analysis;
using FeatureInterp.Models;
using FeatureInterp.Saes;

namespace FeatureInterp.Benchmarks;

/// <summary>
/// Text like what the embedded model was trained on: made-up matrix puzzles, and children's stories: from the file that FEATUREINTERP_TRAINING_TEXT names, or from the shared
/// corpora beside the repository, or, where there is neither, from the sample that comes with the project and, as that is short, from the model itself.
/// </summary>
internal static class TrainingCorpus
{
    private const int RowLength = 256;
    private const int StoriesAtOnce = 32;

    /// <summary>Where stories come from.</summary>
    public static string TextPath
    {
        get
        {
            if (Environment.GetEnvironmentVariable("FEATUREINTERP_TRAINING_TEXT") is { Length: > 0 } path)
                return path;
            var shared = Environment.GetEnvironmentVariable("FEATUREINTERP_SHARED") ?? Path.Combine(Checkout.Root, "..", "shared");
            var books = Path.Combine(shared, "data", "corpora", "childrens-books.txt");
            return File.Exists(books) ? books : Path.Combine(Checkout.Root, "data", "texts", "childrens-books-sample.txt");
        }
    }

    /// <summary>Rows of stories; those that the text is too short for are told by the model.</summary>
    public static IReadOnlyList<int[]> Stories(Transformer model, int rows, long seed)
    {
        var read = Cut(model, File.ReadAllText(TextPath), rows);
        return read.Count < rows ? [.. read, .. Told(model, rows - read.Count, seed)] : read;
    }

    /// <summary>Rows of puzzles, each cut from an endless run of them.</summary>
    public static IReadOnlyList<int[]> Puzzles(Transformer model, int rows, int seed)
    {
        var random = new Random(seed);
        var tokenizer = model.RequireTokenizer();
        var (result, pending) = (new List<int[]>(), new List<int>());
        while (result.Count < rows)
        {
            pending.AddRange(tokenizer.Encode(Puzzle(random), addSpecialTokens: false));
            for (; pending.Count >= RowLength - 1 && result.Count < rows; pending.RemoveRange(0, RowLength - 1))
                result.Add([tokenizer.BosId!.Value, .. pending.GetRange(0, RowLength - 1)]);
        }

        return result;
    }

    // Pieces from all over a long text, so that no one book has them all.
    private static List<int[]> Cut(Transformer model, string text, int rows)
    {
        var pieces = text.Length > 1 << 22 ? 64 : 1;
        var result = new List<int[]>();
        var perPiece = (rows + pieces - 1) / pieces;
        var length = (int)Math.Min(text.Length / pieces, (long)perPiece * RowLength * 8);
        for (var piece = 0; piece < pieces && result.Count < rows; piece++)
            result.AddRange(TrainingRows.Of(model, text.Substring((int)((long)text.Length * piece / pieces), length), RowLength, Math.Min(perPiece, rows - result.Count)));
        return result;
    }

    private static List<int[]> Told(Transformer model, int rows, long seed)
    {
        var result = new List<int[]>();
        int[] start = [model.RequireTokenizer().BosId!.Value];
        while (result.Count < rows)
        {
            var texts = model.Generate(Enumerable.Repeat(start, Math.Min(StoriesAtOnce, rows - result.Count)).ToArray(), RowLength - 1, new Sampling { Seed = seed + result.Count }, stopAtEos: false);
            result.AddRange(texts.Select(t => (int[])[.. start, .. t.Tokens]));
        }

        return result;
    }

    private static string Puzzle(Random random)
    {
        var rule = random.Next(8);
        var colours = Enumerable.Range(0, 10).OrderBy(_ => random.Next()).ToArray();
        var pairs = Enumerable.Range(0, random.Next(3, 5)).Select(_ => Pair(random, rule, colours)).ToArray();
        var task = new ArcTask("made up", pairs[..^1], pairs[^1]);
        return task.Prompt() + "5\nnp." + pairs[^1].Output + "\n";
    }

    private static ArcPair Pair(Random random, int rule, int[] colours)
    {
        var (height, width) = (random.Next(2, 5), random.Next(2, 5));
        var few = random.Next(2, 5);
        var input = Grid(height, width, (_, _) => random.Next(3) == 0 ? colours[random.Next(few)] : colours[0]);
        var rows = input.Rows;
        return new ArcPair(input, rule switch
        {
            0 => input,
            1 => Grid(width, height, (r, c) => rows[c][r]),
            2 => Grid(height, width, (r, c) => rows[r][width - 1 - c]),
            3 => Grid(height, width, (r, c) => rows[height - 1 - r][c]),
            4 => Grid(height, width, (r, c) => rows[height - 1 - r][width - 1 - c]),
            5 => Grid(height, 2 * width, (r, c) => rows[r][c < width ? c : 2 * width - 1 - c]),
            6 => Grid(2 * height, width, (r, c) => rows[r < height ? r : 2 * height - 1 - r][c]),
            _ => Grid(height, width, (r, c) => colours[(Array.IndexOf(colours, rows[r][c]) + 1) % 10]),
        });
    }

    private static ArcGrid Grid(int height, int width, Func<int, int, int> value) =>
        new([.. Enumerable.Range(0, height).Select(r => (IReadOnlyList<int>)[.. Enumerable.Range(0, width).Select(c => value(r, c))])]);
}
