namespace FeatureInterp.Models;

/// <summary>
/// Which rows of a step are multiplied one by one. A single row goes through another kernel than several, and its sums round
/// differently; so that a prompt gets the same numbers in a batch as alone, its own length decides: the row of a prompt that has one
/// token in this step is multiplied by itself, the rows of longer prompts together.
/// </summary>
/// <param name="Count">The number of rows.</param>
/// <param name="Lone">Those multiplied by themselves, ascending.</param>
internal sealed record RowSplit(int Count, int[] Lone)
{
    /// <summary>The split of a step's [row, …] tensors.</summary>
    public static RowSplit Of(TokenBatch batch)
    {
        var lone = new List<int>();
        for (var p = 0; p < batch.Count; p++)
        {
            if (batch.Length(p) == 1)
                lone.Add(batch.FirstRow(p));
        }

        return new RowSplit(batch.RowCount, [.. lone]);
    }

    /// <summary>The split of a tensor with only the last row of each prompt that has a token.</summary>
    public static RowSplit OfLast(TokenBatch batch)
    {
        var (count, lone) = (0, new List<int>());
        for (var p = 0; p < batch.Count; p++)
        {
            if (batch.Length(p) == 1)
                lone.Add(count);
            count += Math.Min(1, batch.Length(p));
        }

        return new RowSplit(count, [.. lone]);
    }
}
