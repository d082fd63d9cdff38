using FeatureInterp.Models;
using FeatureInterp.Tensors;

namespace FeatureInterp.Analysis;

/// <summary>Goes over all rows of an embedding matrix, several at a time, in double precision. The same numbers whatever the number of threads.</summary>
internal static class EmbeddingPass
{
    private const int ChunkRows = 2048;

    /// <summary>What a row adds to the sums.</summary>
    /// <param name="token">The row's number.</param>
    /// <param name="row">The row, [d_model]; may be written into.</param>
    /// <param name="sum">The sums of the chunk it is in.</param>
    public delegate void Term(int token, Span<double> row, Span<double> sum);

    /// <summary>Σ over rows of a term.</summary>
    /// <param name="matrix">The matrix.</param>
    /// <param name="width">The number of sums.</param>
    /// <param name="term">Is called from several threads at once.</param>
    /// <param name="cancellation">Looked at before each chunk.</param>
    public static double[] Sum(EmbeddingMatrix matrix, int width, Term term, CancellationToken cancellation = default)
    {
        var parts = new double[(matrix.Count + ChunkRows - 1) / ChunkRows][];
        Workers.Run(parts.Length, chunk =>
        {
            cancellation.ThrowIfCancellationRequested();
            var (narrow, row, sum) = (new float[matrix.Width], new double[matrix.Width], new double[width]);
            for (var token = chunk * ChunkRows; token < Math.Min(matrix.Count, (chunk + 1) * ChunkRows); token++)
            {
                matrix.CopyRow(token, narrow);
                TensorPrimitives.ConvertSaturating<float, double>(narrow, row);
                term(token, row, sum);
            }

            parts[chunk] = sum;
        });
        var total = new double[width];
        foreach (var part in parts)
            TensorPrimitives.Add(total, part, total);
        return total;
    }
}
