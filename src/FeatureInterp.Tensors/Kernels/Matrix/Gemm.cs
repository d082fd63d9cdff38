using System.Runtime.CompilerServices;

namespace FeatureInterp.Tensors;

/// <summary>
/// Matrix multiply by blocks (Goto and van de Geijn 2008): the activations are packed once, then each thread takes groups of
/// columns, packs their weights a k-block at a time so that the group stays in its second-level cache, and runs the
/// register tile over them.
/// </summary>
internal static unsafe class Gemm<V, S>
    where V : struct
    where S : struct, ISimd<V>
{
    // A k-block of one panel (two vectors wide) is meant to stay in the first-level cache while a row group goes over it, that
    // of a column group in the second. The row group is small because each row of the result is another page of memory.
    private const int KBlock = 384;
    private const int RowGroup = 36;
    private const int GroupPanels = 8;

    // The most activations packed at once, in floats (32 MB).
    private const int SlabSize = 8 << 20;

    // Multiply-adds below which waking another thread costs more than it brings, about 20 µs.
    private const long ParallelWork = 1 << 20;

    private static int PanelWidth => 2 * S.Width;

    /// <summary>c[m,n] = x[m,k] · b[k,n], all threads.</summary>
    public static void Multiply(float* x, nint ldx, in PanelSource b, int m, int n, int k, float* c, nint ldc)
    {
        var slab = Math.Max(RowGroup, SlabSize / k);
        for (var i = 0; i < m; i += slab)
        {
            var rows = Math.Min(slab, m - i);
            if ((long)rows * n * k < ParallelWork || Workers.Count == 1)
                MultiplyHere(x + i * ldx, ldx, b, rows, n, k, c + i * ldc, ldc);
            else
                MultiplyParallel(x + i * ldx, ldx, b, rows, n, k, c + i * ldc, ldc);
        }
    }

    /// <summary>c[m,n] = x[m,k] · b[k,n], this thread alone; m·k at most what a slab may hold.</summary>
    public static void MultiplyHere(float* x, nint ldx, in PanelSource b, int m, int n, int k, float* c, nint ldc)
    {
        var packed = Scratch.Get(Scratch.Slot.Activations, (nint)m * k);
        var tiles = Tiles(m);
        for (var tile = 0; tile < tiles; tile++)
            PackTile(x, ldx, m, k, tile, tiles, packed);
        for (var n0 = 0; n0 < n; n0 += GroupPanels * PanelWidth)
            MultiplyGroup(packed, b, m, n0, Math.Min(GroupPanels * PanelWidth, n - n0), k, c, ldc);
    }

    private static void MultiplyParallel(float* x, nint ldx, PanelSource b, int m, int n, int k, float* c, nint ldc)
    {
        var packed = Scratch.Get(Scratch.Slot.Activations, (nint)m * k);
        var tiles = Tiles(m);
        Workers.Run(tiles, tile => PackTile(x, ldx, m, k, tile, tiles, packed));

        // Fewer columns a group than the cache would hold, when that gives the threads more even shares.
        var panels = (n + PanelWidth - 1) / PanelWidth;
        var width = Math.Clamp(panels / (4 * Workers.Count), 1, GroupPanels) * PanelWidth;
        Workers.Run((n + width - 1) / width, group =>
            MultiplyGroup(packed, b, m, group * width, Math.Min(width, n - group * width), k, c, ldc));
    }

    // The rows are shared out evenly: 13 rows are tiles of 7 and 6, not of 12 and 1.
    private static int Tiles(int m) => (m + S.TileRows - 1) / S.TileRows;

    private static int FirstRow(int m, int tile, int tiles) => (int)((long)m * tile / tiles);

    private static void PackTile(float* x, nint ldx, int m, int k, int tile, int tiles, float* packed)
    {
        int row = FirstRow(m, tile, tiles), rows = FirstRow(m, tile + 1, tiles) - row;
        for (var k0 = 0; k0 < k; k0 += KBlock)
        {
            var depth = Math.Min(KBlock, k - k0);
            PanelPacker<V, S>.Activations(x + row * ldx + k0, ldx, rows, depth, packed + (nint)m * k0 + (nint)row * depth);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void MultiplyGroup(float* packed, in PanelSource b, int m, int n0, int n, int k, float* c, nint ldc)
    {
        var weights = Scratch.Get(Scratch.Slot.Weights, GroupPanels * PanelWidth * KBlock);
        var tiles = Tiles(m);
        var tilesAtOnce = RowGroup / S.TileRows;
        for (var k0 = 0; k0 < k; k0 += KBlock)
        {
            var depth = Math.Min(KBlock, k - k0);
            for (var column = 0; column < n; column += PanelWidth)
                PanelPacker<V, S>.Weights(b, k0, depth, n0 + column, Math.Min(PanelWidth, n - column), weights + (nint)column * depth);
            for (var first = 0; first < tiles; first += tilesAtOnce)
            {
                for (var column = 0; column < n; column += PanelWidth)
                {
                    for (var tile = first; tile < Math.Min(tiles, first + tilesAtOnce); tile++)
                    {
                        int row = FirstRow(m, tile, tiles), rows = FirstRow(m, tile + 1, tiles) - row;
                        var a = packed + (nint)m * k0 + (nint)row * depth;
                        var to = c + row * ldc + n0 + column;
                        if (n - column >= PanelWidth)
                            MicroKernel<V, S>.Run(rows, a, weights + (nint)column * depth, depth, to, ldc, k0 > 0);
                        else
                            MultiplyEdge(rows, a, weights + (nint)column * depth, depth, to, ldc, n - column, k0 > 0);
                    }
                }
            }
        }
    }

    /// <summary>The first n columns of a tile, by way of a whole one, since the result has no room for it.</summary>
    public static void MultiplyEdge(int rows, float* a, float* b, int k, float* c, nint ldc, int n, bool accumulate)
    {
        var tile = stackalloc float[S.TileRows * PanelWidth];
        if (accumulate)
            CopyTile(c, ldc, tile, PanelWidth, rows, n);
        MicroKernel<V, S>.Run(rows, a, b, k, tile, PanelWidth, accumulate);
        CopyTile(tile, PanelWidth, c, ldc, rows, n);
    }

    private static void CopyTile(float* from, nint ldFrom, float* to, nint ldTo, int rows, int n)
    {
        for (var row = 0; row < rows; row++)
            new ReadOnlySpan<float>(from + row * ldFrom, n).CopyTo(new Span<float>(to + row * ldTo, n));
    }
}
