using System.Buffers;
using FeatureInterp.Tensors;

namespace FeatureInterp.Models;

/// <summary>
/// Rows that are multiplied one by one: what decoding does. Weights are read from memory once for all of them, and the threads share
/// what several maps have to read, so that small matrices keep them all busy.
/// </summary>
internal static class LoneRows
{
    /// <summary>y[row] = x[row]·W for each of the rows and each map whose rows are not independent anyway.</summary>
    /// <param name="rows">The rows.</param>
    /// <param name="x">[row, in]</param>
    /// <param name="maps">The maps, and [row, out] for each.</param>
    public static void Multiply(int[] rows, Tensor x, ReadOnlySpan<(LinearMap Map, Tensor Y)> maps)
    {
        var targets = new List<(LinearMap Map, Tensor Y)>(maps.Length);
        var reordered = new List<(LinearMap Map, float[] All, Tensor Y)>();
        var count = 0;
        foreach (var (map, y) in maps)
        {
            if (map.IsRowIndependent)
                continue;
            if (map.Parts is not { } parts)
            {
                OneByOne(rows, x, map, y);
                continue;
            }

            count += parts.Count;
            if (map.IsReordered)
                reordered.Add((map, ArrayPool<float>.Shared.Rent(y.Length), y));
            targets.Add((map, map.IsReordered ? new Tensor(reordered[^1].All.AsMemory(0, y.Length), y.Shape) : y));
        }

        if (count == 1)
            Part(rows, x, targets[0].Y, targets[0].Map.Parts!, 0);
        else if (count > 1)
            MultiplyParallel(rows, x, targets, count);
        foreach (var (map, all, y) in reordered)
        {
            foreach (var row in rows)
                map.Reorder(all.AsSpan(row * map.Outputs, map.Outputs), y.Span.Slice(row * map.Outputs, map.Outputs));
            ArrayPool<float>.Shared.Return(all);
        }
    }

    private static void MultiplyParallel(int[] rows, Tensor x, List<(LinearMap Map, Tensor Y)> maps, int count) =>
        Workers.Run(count, chunk =>
        {
            foreach (var (map, y) in maps)
            {
                if (map.Parts is not { } parts)
                    continue;
                if (chunk < parts.Count)
                {
                    Part(rows, x, y, parts, chunk);
                    return;
                }

                chunk -= parts.Count;
            }
        });

    private static void Part(int[] rows, Tensor x, Tensor y, WeightParts parts, int index)
    {
        var (part, first) = parts[index];
        for (int i = 0, count; i < rows.Length; i += count)
        {
            for (count = 1; i + count < rows.Length && rows[i + count] == rows[i] + count;)
                count++;
            int row = rows[i], pitch = y.Length / y.Shape[0], width = x.Length / x.Shape[0];
            if (count == 1)
                Kernels.Linear(x.Row(row), part, y.Row(row).Slice(first, part.RowCount));
            else
                Kernels.LinearRows(x.Span.Slice(row * width, count * width), part, y.Span[(row * pitch + first)..], pitch);
        }
    }

    private static void OneByOne(int[] rows, Tensor x, LinearMap map, Tensor y)
    {
        foreach (var row in rows)
            map.Multiply(x.Row(row), y.Row(row));
    }
}
