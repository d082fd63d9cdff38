using FeatureInterp.Tensors;

namespace FeatureInterp.Models;

/// <summary>
/// W_E as the checkpoint has it, [d_vocab, d_model]: before the factor that Gemma multiplies a row with and before centring. Rows are
/// read from the mapped file as they are asked for.
/// </summary>
public sealed class EmbeddingMatrix
{
    private readonly Weight _rows;
    private readonly bool _centred;
    private readonly string _model;

    internal EmbeddingMatrix(Weight rows, float scale, bool centred, string model)
    {
        _rows = rows;
        _centred = centred;
        _model = model;
        Scale = scale;
    }

    /// <summary>The number of rows, d_vocab.</summary>
    public int Count => _rows.RowCount;

    /// <summary>The length of a row, d_model.</summary>
    public int Width => _rows.RowLength;

    /// <summary>What the model multiplies a row with before the first block: √d_model in Gemma, 1 elsewhere.</summary>
    public float Scale { get; }

    /// <summary>Copies a token's row.</summary>
    /// <param name="token">The token.</param>
    /// <param name="row">Receives it, [d_model].</param>
    /// <exception cref="PromptException">The token is not in the vocabulary.</exception>
    public void CopyRow(int token, Span<float> row)
    {
        if ((uint)token >= (uint)Count)
            throw new PromptException($"Token {token} is not in the vocabulary of {_model} (0 to {Count - 1}).");
        _rows.CopyRow(token, row);
    }

    /// <summary>A token's row, [d_model].</summary>
    /// <param name="token">The token.</param>
    /// <exception cref="PromptException">The token is not in the vocabulary.</exception>
    public float[] Row(int token)
    {
        var row = new float[Width];
        CopyRow(token, row);
        return row;
    }

    /// <summary>
    /// An edit of <c>hook_embed</c> after which some positions of every prompt of a run hold what the model would have made of another row of W_E: the row
    /// is scaled and centred as the model's own are, to the bit. The matrix is not touched, so tied output weights are as they were.
    /// </summary>
    /// <param name="row">The row, [d_model], on the scale of the matrix.</param>
    /// <param name="positions">From the start of each prompt; one that a run does not reach does nothing.</param>
    /// <exception cref="HookException">The row has another length, or a position is negative.</exception>
    public Edit Put(ReadOnlySpan<float> row, params IReadOnlyList<int> positions)
    {
        if (row.Length != Width)
            throw new HookException($"An embedding of {_model} has {Width} values, but {row.Length} were given.");
        foreach (var position in positions.Where(p => p < 0))
            throw new HookException($"An embedding is to be put at position {position}; positions count from 0.");
        var value = Tensor.Uninitialized(1, Width);
        row.CopyTo(value.Span);
        EmbedStep.FromRaw(value, Scale, _centred);
        HashSet<int> at = [.. positions];
        return new Edit(HookSite.Embed.Name(0), found =>
        {
            for (var p = 0; p < found.Count; p++)
            {
                for (var i = 0; i < found.Batch.Length(p); i++)
                {
                    if (at.Contains(found.Batch.Start(p) + i))
                        value.Span.CopyTo(found[p].Row(i));
                }
            }
        });
    }
}
