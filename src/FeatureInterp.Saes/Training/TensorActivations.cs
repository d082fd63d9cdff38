using FeatureInterp.Tensors;

namespace FeatureInterp.Saes;

/// <summary>Activations that are in memory already.</summary>
public sealed class TensorActivations : IActivationSource
{
    private const int BlockRows = 4096;

    private readonly Tensor _rows;
    private int _next;

    /// <summary>Takes the rows as they are, without a copy.</summary>
    /// <param name="rows">The activations, [row, width].</param>
    /// <param name="origin">What they are of, if known.</param>
    /// <exception cref="SaeException">The tensor is not a matrix with a row.</exception>
    public TensorActivations(Tensor rows, ActivationOrigin? origin = null)
    {
        if (rows.Rank != 2 || rows.Length == 0)
            throw new SaeException($"Activations are a matrix [row, width] with at least a row, but this is {rows}.");
        _rows = rows;
        Origin = origin ?? new ActivationOrigin();
    }

    /// <inheritdoc/>
    public int Width => _rows.Shape[1];

    /// <summary>The number of activations.</summary>
    public int Count => _rows.Shape[0];

    /// <inheritdoc/>
    public long Position => _next;

    /// <inheritdoc/>
    public ActivationOrigin Origin { get; }

    /// <summary>Everything a source has, from its beginning, in memory: for sources that cost more than the room.</summary>
    /// <param name="source">The source; it is left at its beginning.</param>
    /// <param name="rows">At most so many activations.</param>
    /// <param name="cancellation">Stops the reading.</param>
    /// <exception cref="SaeException">The source has none.</exception>
    public static TensorActivations Of(IActivationSource source, int rows, CancellationToken cancellation = default)
    {
        source.Seek(0);
        var blocks = new List<Tensor>();
        var count = 0;
        for (var block = source.Next(cancellation); block is not null && count < rows; block = count < rows ? source.Next(cancellation) : null)
        {
            blocks.Add(block.Rows(0, Math.Min(block.Shape[0], rows - count)));
            count += blocks[^1].Shape[0];
        }

        source.Seek(0);
        var all = Tensor.Uninitialized(count, source.Width);
        var at = 0;
        foreach (var block in blocks)
        {
            block.Span.CopyTo(all.Span[at..]);
            at += block.Length;
        }

        return new TensorActivations(all, source.Origin);
    }

    /// <inheritdoc/>
    public void Seek(long position) => _next = position >= 0 && position <= Count
        ? (int)position
        : throw new SaeException($"There is no activation {position}; there are {Count}.");

    /// <inheritdoc/>
    public Tensor? Next(CancellationToken cancellation)
    {
        if (_next == Count)
            return null;
        var block = _rows.Rows(_next, Math.Min(BlockRows, Count - _next));
        _next += block.Shape[0];
        return block;
    }
}
