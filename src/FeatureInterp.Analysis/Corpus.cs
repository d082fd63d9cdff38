using FeatureInterp.Models;

namespace FeatureInterp.Analysis;

/// <summary>
/// Text to run a model over, as rows of tokens: a text (cut into rows), or rows of token ids (taken as they are, whatever their lengths). A string and an
/// array of rows convert by themselves.
/// </summary>
public sealed class Corpus
{
    // A text is held in memory once as characters and once as token ids.
    private const long LargestFile = 1L << 30;

    private readonly string? _text;
    private readonly IEnumerable<int[]>? _rows;
    private readonly int? _count;

    private Corpus(string? text, IEnumerable<int[]>? rows, int? count) => (_text, _rows, _count) = (text, rows, count);

    /// <summary>A text.</summary>
    /// <param name="text">The text itself; see <see cref="Load"/> for a file.</param>
    public static implicit operator Corpus(string text) => new(text, null, null);

    /// <summary>Rows of token ids.</summary>
    /// <param name="rows">The rows, each with its beginning-of-sequence token if it is to have one.</param>
    public static implicit operator Corpus(int[][] rows) => new(null, rows, rows.Length);

    /// <summary>Rows of token ids that are made one after another, so that no more of them need be in memory than are run together.</summary>
    /// <param name="rows">The rows, each with its beginning-of-sequence token if it is to have one.</param>
    /// <param name="count">How many there are, for the time left; null when that is not known.</param>
    public static Corpus Of(IEnumerable<int[]> rows, int? count = null) => new(null, rows, count);

    /// <summary>Reads a text file (UTF-8).</summary>
    /// <param name="nameOrPath">Its path, or the name of one under <c>data/texts</c> without <c>.txt</c>, such as <c>childrens-books-sample</c>.</param>
    /// <exception cref="AnalysisException">It is not there, cannot be read, or is larger than 1 GiB.</exception>
    public static Corpus Load(string nameOrPath)
    {
        var path = File.Exists(nameOrPath) ? nameOrPath
            : DataFolder.Find() is { } data && nameOrPath.IndexOfAny(['/', '\\']) < 0 ? Path.Combine(data, "texts", nameOrPath + ".txt")
            : nameOrPath;
        try
        {
            var file = new FileInfo(path);
            if (!file.Exists)
                throw new AnalysisException($"There is no text {nameOrPath}; give the path of a text file, or the name of one under data/texts.");
            if (file.Length > LargestFile)
                throw new AnalysisException($"{path} has {file.Length} bytes, more than the {LargestFile} a text may have; cut it into pieces.");
            return File.ReadAllText(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new AnalysisException($"{path} cannot be read ({e.Message}); check the path and its permissions.", e);
        }
    }

    /// <summary>How many rows <see cref="Rows"/> gives; null when that is not known beforehand.</summary>
    internal int? Count(IEnumerable<int[]> rows) => _count ?? (rows as int[][])?.Length;

    /// <summary>
    /// The rows. A text is tokenized whole and cut into rows of <paramref name="length"/> tokens, each with the beginning-of-sequence token in front (and counted)
    /// where the model's family has one; the last row is shorter. No token is left out, none stands in two rows.
    /// </summary>
    internal IEnumerable<int[]> Rows(Transformer model, int length)
    {
        if (_rows is not null)
            return _rows;
        var tokenizer = model.RequireTokenizer();
        int[] front = model.PrependsBos ? tokenizer.ToTokens("")[..1] : [];
        var text = tokenizer.ToTokens(_text!, prependBos: false);
        if (length <= front.Length)
            throw new AnalysisException($"A row of {length} tokens has no room for text beside the beginning-of-sequence token; give {front.Length + 1} or more.");
        return text.Chunk(length - front.Length).Select(piece => (int[])[.. front, .. piece]).ToArray();
    }
}
