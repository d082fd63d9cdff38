using System.Text;
using FeatureInterp.Models;

namespace FeatureInterp.Saes;

/// <summary>
/// A corpus, such as what an SAE is evaluated on: rows of token ids, a text, or a text file. A text is read piece by piece and cut into rows of one
/// length; an evaluation leaves out what does not fill the last row. Strings and arrays of ids convert by themselves.
/// </summary>
public sealed class TokenRows
{
    // Tokenized at once; a piece ends at a line end or a space, so that no word is cut.
    private const int PieceChars = 1 << 18;

    private readonly IEnumerable<int[]>? _rows;
    private readonly Func<(TextReader Reader, long Length)>? _open;

    private TokenRows(IEnumerable<int[]>? rows, Func<(TextReader, long)>? open, string name)
    {
        _rows = rows;
        _open = open;
        Name = name;
    }

    /// <summary>What it is called in messages and results.</summary>
    public string Name { get; }

    /// <summary>A text.</summary>
    /// <param name="text">The text.</param>
    public static implicit operator TokenRows(string text) => new(null, () => (new StringReader(text), text.Length), "text");

    /// <summary>Rows of token ids, taken as they are.</summary>
    /// <param name="rows">The ids, an array a row.</param>
    public static implicit operator TokenRows(int[][] rows) => Of(rows);

    /// <summary>Rows of token ids, taken as they are; they are asked for batch by batch.</summary>
    /// <param name="rows">The ids, an array a row.</param>
    /// <param name="name">What they are called in messages and results.</param>
    public static TokenRows Of(IEnumerable<int[]> rows, string name = "tokens") => new(rows, null, name);

    /// <summary>A text file in UTF-8.</summary>
    /// <param name="nameOrPath">The file, or the name of one under <c>data/texts</c> without <c>.txt</c>, such as <c>childrens-books-sample</c>.</param>
    public static TokenRows FromFile(string nameOrPath)
    {
        var isName = !File.Exists(nameOrPath) && nameOrPath.Length > 0 && nameOrPath.IndexOfAny(['/', '\\']) < 0;
        var path = isName && DataFolder.Find() is { } data && Path.Combine(data, "texts", nameOrPath + ".txt") is var named && File.Exists(named) ? named : nameOrPath;
        return new(null, () => OpenFile(path), Path.GetFileName(path));
    }

    /// <summary>
    /// The rows, one after another: rows of token ids as they are; a text cut into rows of one length, each with the beginning-of-sequence token in front (and
    /// counted) where the model's family has one. The last row is as long as what is left, so that no token of the text is missing.
    /// </summary>
    /// <param name="model">Its tokenizer cuts a text.</param>
    /// <param name="length">How many tokens a row of a text has.</param>
    /// <param name="read">Told, before each row, what share of a text the rows so far are; null for nobody.</param>
    /// <exception cref="SaeException">A row has no room for text, or a file is not there.</exception>
    public IEnumerable<int[]> Rows(Transformer model, int length, Action<double>? read = null)
    {
        if (_rows is not null)
            return _rows;
        int? bos = model.PrependsBos ? model.RequireTokenizer() is var t ? t.BosId ?? t.EosId : null : null;
        if (length < (bos is null ? 1 : 2))
            throw new SaeException($"A row of {length} tokens has no room for text{(bos is null ? "" : " beside the beginning-of-sequence token")}; give more.");
        return Cut(model.RequireTokenizer(), length, bos, whole: false, read ?? (_ => { }));
    }

    /// <summary>The number of rows; null when it is not known, or only once the text has been read.</summary>
    internal long? CountOf(SaeEvaluationOptions options, double? share, long rowsSoFar)
    {
        long? all = _rows is not null
            ? _rows.TryGetNonEnumeratedCount(out var count) ? count : null
            : share is > 0 ? Math.Max(rowsSoFar, (long)Math.Round(rowsSoFar / share.Value)) : null;
        return options.MaxRows is { } most ? Math.Min(most, all ?? most) : all;
    }

    /// <summary>The rows, one after another.</summary>
    /// <param name="model">Its tokenizer cuts a text.</param>
    /// <param name="sae">It says how long a row is and whether it begins with BOS, unless the options do.</param>
    /// <param name="options">The choices.</param>
    /// <param name="read">Told what share of a text has been cut into rows.</param>
    /// <exception cref="SaeException">A text that does not fill a row, or a file that is not there.</exception>
    internal IEnumerable<int[]> Read(Transformer model, SparseAutoencoder sae, SaeEvaluationOptions options, Action<double>? read = null)
    {
        var rows = _rows ?? Cut(model, sae, options, read ?? (_ => { }));
        return options.MaxRows is { } most ? rows.Take(most) : rows;
    }

    /// <summary>The first row, which shows how rows begin; none when the rows can be enumerated only once.</summary>
    /// <param name="model">Its tokenizer cuts a text.</param>
    /// <param name="sae">The SAE.</param>
    /// <param name="options">The choices.</param>
    public IReadOnlyList<int[]> First(Transformer model, SparseAutoencoder sae, SaeEvaluationOptions options) =>
        _rows is null or IReadOnlyList<int[]> ? [.. Read(model, sae, options).Take(1)] : [];

    private IEnumerable<int[]> Cut(Transformer model, SparseAutoencoder sae, SaeEvaluationOptions options, Action<double> read)
    {
        var tokenizer = model.RequireTokenizer();
        var length = options.ContextLength ?? Math.Min(Math.Min(sae.Config.Origin.ContextSize ?? 128, 1024), model.Config.ContextLength);
        int? bos = options.PrependBos ?? sae.Config.PrependBos
            ? tokenizer.BosId ?? tokenizer.EosId ?? throw new SaeException($"{model.Name}: rows are to begin with a beginning-of-sequence token, but the tokenizer names neither that nor an end-of-sequence token; set PrependBos to false.")
            : null;
        return Cut(tokenizer, length, bos, whole: true, read);
    }

    /// <summary>Cuts the text into rows; only whole ones, of which there must be one, or with what is left at the end.</summary>
    private IEnumerable<int[]> Cut(Tokenizer tokenizer, int length, int? bos, bool whole, Action<double> read)
    {
        var row = new List<int>(length);
        long rows = 0, tokens = 0;
        double before = 0;
        foreach (var (piece, share) in Pieces())
        {
            var ids = tokenizer.Encode(piece, addSpecialTokens: false);
            for (var i = 0; i < ids.Length; i++)
            {
                if (row.Count == 0 && bos is { } first)
                    row.Add(first);
                row.Add(ids[i]);
                tokens++;
                if (row.Count < length)
                    continue;
                read(before + (share - before) * (i + 1) / ids.Length);
                yield return [.. row];
                rows++;
                row.Clear();
            }

            before = share;
        }

        if (!whole && row.Count > 0)
            yield return [.. row];
        if (whole && rows == 0)
        {
            throw new SaeException(tokens == 0
                ? $"{Name} is empty; give some text to evaluate on."
                : $"{Name} has {tokens} tokens, which do not fill one row of {length}{(bos is null ? "" : " with the beginning-of-sequence token in front")}; give more text or a shorter context (ContextLength).");
        }
    }

    // Each with the share of the text that it ends at.
    private IEnumerable<(string Text, double Share)> Pieces()
    {
        var (reader, length) = _open!();
        using (reader)
        {
            var buffer = new char[PieceChars];
            var rest = new StringBuilder();
            long done = 0;
            for (var count = reader.ReadBlock(buffer, 0, buffer.Length); count > 0; count = reader.ReadBlock(buffer, 0, buffer.Length))
            {
                done += count;
                var cut = count < buffer.Length ? count : CutBefore(buffer);
                var piece = rest.Append(buffer, 0, cut).ToString();
                rest.Clear().Append(buffer, cut, count - cut);
                // A character is at least a byte, so of a file this is a little too small.
                yield return (piece, length > 0 ? Math.Min(1, (double)done / length) : 1);
            }

            if (rest.Length > 0)
                yield return (rest.ToString(), 1);
        }
    }

    // Where a piece may end: behind its last line end, else before its last space, else anywhere but inside a pair of surrogates.
    private static int CutBefore(char[] buffer)
    {
        var line = Array.LastIndexOf(buffer, '\n');
        if (line > 0)
            return line + 1;
        var space = Array.LastIndexOf(buffer, ' ');
        if (space > 0)
            return space;
        return char.IsHighSurrogate(buffer[^1]) ? buffer.Length - 1 : buffer.Length;
    }

    private static (TextReader Reader, long Length) OpenFile(string path)
    {
        try
        {
            var stream = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read);
            return (new StreamReader(stream, Encoding.UTF8), stream.Length);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new SaeException($"{path}: the text file is not there or cannot be read; check the path.", e);
        }
    }
}
