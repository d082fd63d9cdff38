using FeatureInterp.Models;

namespace FeatureInterp.Saes;

/// <summary>A text as training rows: <see cref="TokenRows"/> of one length.</summary>
public static class TrainingRows
{
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
    public static int[][] Of(Transformer model, TokenRows text, int length, int maxRows = int.MaxValue)
    {
        ArgumentNullException.ThrowIfNull(text);
        TrainingFaults.Between(length, 2, model.Config.ContextLength, "The number of tokens of a row", $"{model.Name}'s context");
        int[][] rows = [.. text.Rows(model, length).Where(r => r.Length == length).Take(maxRows)];
        return rows.Length > 0 ? rows : throw new SaeException($"The {text.Name} has less than one row of {length} tokens; give more text or shorter rows.");
    }
}
