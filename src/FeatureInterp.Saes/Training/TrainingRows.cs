using FeatureInterp.Models;

namespace FeatureInterp.Saes;

/// <summary>A long text as rows of tokens of one length.</summary>
public static class TrainingRows
{
    // A text is cut at line ends into pieces of about so many characters, so that no tokenizer has to hold all of it.
    private const int PieceLength = 1 << 16;

    /// <summary>
    /// Cuts a text into rows: each begins with the beginning-of-sequence token where the model wants one, then as many tokens of the text as fit. What is left over at the
    /// end, less than a row, is left out.
    /// </summary>
    /// <param name="model">The model, with its tokenizer.</param>
    /// <param name="text">The text.</param>
    /// <param name="length">The number of tokens of a row.</param>
    /// <param name="maxRows">At most so many rows.</param>
    /// <exception cref="ModelFileException">The model came without a tokenizer.</exception>
    /// <exception cref="SaeException">The length makes no sense, or the text is shorter than a row.</exception>
    public static int[][] Of(Transformer model, string text, int length, int maxRows = int.MaxValue)
    {
        ArgumentNullException.ThrowIfNull(text);
        var tokenizer = model.RequireTokenizer();
        TrainingFaults.Between(length, 2, model.Config.ContextLength, "The number of tokens of a row", $"{model.Name}'s context");
        var bos = model.PrependsBos ? tokenizer.BosId : null;
        var body = bos is null ? length : length - 1;
        var rows = new List<int[]>();
        var pending = new List<int>();
        foreach (var piece in Pieces(text))
        {
            pending.AddRange(tokenizer.Encode(piece, addSpecialTokens: false));
            var used = 0;
            for (; pending.Count - used >= body && rows.Count < maxRows; used += body)
                rows.Add(bos is { } id ? [id, .. pending.GetRange(used, body)] : [.. pending.GetRange(used, body)]);
            pending.RemoveRange(0, used);
            if (rows.Count >= maxRows)
                break;
        }

        return rows.Count > 0 ? [.. rows] : throw new SaeException($"The text has {pending.Count} tokens, less than one row of {length}; give more text or shorter rows.");
    }

    private static IEnumerable<string> Pieces(string text)
    {
        for (var at = 0; at < text.Length;)
        {
            var end = text.Length - at <= PieceLength ? -1 : text.IndexOf('\n', at + PieceLength);
            var next = end < 0 ? text.Length : end + 1;
            yield return text[at..next];
            at = next;
        }
    }
}
