using System.Runtime.CompilerServices;

namespace FeatureInterp.Tensors;

/// <summary>
/// The innermost loop of the matrix multiply: a tile of up to 12 rows by two vectors of the result stays in registers while
/// k runs, one fused multiply-add per element and step. Every element is thus summed in the order of k, starting from what the
/// result already holds, wherever in a tile it lies and however k is cut: that is what makes rows independent of their batch.
/// </summary>
internal static unsafe class MicroKernel<V, S>
    where V : struct
    where S : struct, ISimd<V>
{
    /// <summary>c[rows, 2·Width] = a[k, rows]ᵀ · b[k, 2·Width], on top of c when <paramref name="accumulate"/> is set.</summary>
    /// <param name="rows">The number of rows, 1 to <c>S.TileRows</c>.</param>
    /// <param name="a">A panel of activations, [k, rows].</param>
    /// <param name="b">A panel of weights, [k, 2·Width].</param>
    /// <param name="k">The length of the sums.</param>
    /// <param name="c">The first element of the tile.</param>
    /// <param name="ldc">The distance between its rows.</param>
    /// <param name="accumulate">Whether to add to the tile or to overwrite it.</param>
    public static void Run(int rows, float* a, float* b, nint k, float* c, nint ldc, bool accumulate)
    {
        switch (rows)
        {
            case 1: Tile<Rows1>(a, b, k, c, ldc, accumulate); break;
            case 2: Tile<Rows2>(a, b, k, c, ldc, accumulate); break;
            case 3: Tile<Rows3>(a, b, k, c, ldc, accumulate); break;
            case 4: Tile<Rows4>(a, b, k, c, ldc, accumulate); break;
            case 5: Tile<Rows5>(a, b, k, c, ldc, accumulate); break;
            case 6: Tile<Rows6>(a, b, k, c, ldc, accumulate); break;
            case 7: Tile<Rows7>(a, b, k, c, ldc, accumulate); break;
            case 8: Tile<Rows8>(a, b, k, c, ldc, accumulate); break;
            case 9: Tile<Rows9>(a, b, k, c, ldc, accumulate); break;
            case 10: Tile<Rows10>(a, b, k, c, ldc, accumulate); break;
            case 11: Tile<Rows11>(a, b, k, c, ldc, accumulate); break;
            default: Tile<Rows12>(a, b, k, c, ldc, accumulate); break;
        }
    }

    // One body for all heights: R.Count is a constant, and the lines of rows beyond it vanish in compilation.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Tile<R>(float* a, float* b, nint k, float* c, nint ldc, bool accumulate)
        where R : struct, IRows
    {
        V c0l = default, c0r = default;
        V c1l = default, c1r = default;
        V c2l = default, c2r = default;
        V c3l = default, c3r = default;
        V c4l = default, c4r = default;
        V c5l = default, c5r = default;
        V c6l = default, c6r = default;
        V c7l = default, c7r = default;
        V c8l = default, c8r = default;
        V c9l = default, c9r = default;
        V c10l = default, c10r = default;
        V c11l = default, c11r = default;
        if (accumulate)
        {
            if (R.Count > 0) Get(c + 0 * ldc, out c0l, out c0r);
            if (R.Count > 1) Get(c + 1 * ldc, out c1l, out c1r);
            if (R.Count > 2) Get(c + 2 * ldc, out c2l, out c2r);
            if (R.Count > 3) Get(c + 3 * ldc, out c3l, out c3r);
            if (R.Count > 4) Get(c + 4 * ldc, out c4l, out c4r);
            if (R.Count > 5) Get(c + 5 * ldc, out c5l, out c5r);
            if (R.Count > 6) Get(c + 6 * ldc, out c6l, out c6r);
            if (R.Count > 7) Get(c + 7 * ldc, out c7l, out c7r);
            if (R.Count > 8) Get(c + 8 * ldc, out c8l, out c8r);
            if (R.Count > 9) Get(c + 9 * ldc, out c9l, out c9r);
            if (R.Count > 10) Get(c + 10 * ldc, out c10l, out c10r);
            if (R.Count > 11) Get(c + 11 * ldc, out c11l, out c11r);
        }

        for (var end = a + k * R.Count; a != end; a += R.Count, b += 2 * S.Width)
        {
            V l = S.Load(b), r = S.Load(b + S.Width), x;
            if (R.Count > 0) { x = S.Create(a[0]); c0l = S.MultiplyAdd(x, l, c0l); c0r = S.MultiplyAdd(x, r, c0r); }
            if (R.Count > 1) { x = S.Create(a[1]); c1l = S.MultiplyAdd(x, l, c1l); c1r = S.MultiplyAdd(x, r, c1r); }
            if (R.Count > 2) { x = S.Create(a[2]); c2l = S.MultiplyAdd(x, l, c2l); c2r = S.MultiplyAdd(x, r, c2r); }
            if (R.Count > 3) { x = S.Create(a[3]); c3l = S.MultiplyAdd(x, l, c3l); c3r = S.MultiplyAdd(x, r, c3r); }
            if (R.Count > 4) { x = S.Create(a[4]); c4l = S.MultiplyAdd(x, l, c4l); c4r = S.MultiplyAdd(x, r, c4r); }
            if (R.Count > 5) { x = S.Create(a[5]); c5l = S.MultiplyAdd(x, l, c5l); c5r = S.MultiplyAdd(x, r, c5r); }
            if (R.Count > 6) { x = S.Create(a[6]); c6l = S.MultiplyAdd(x, l, c6l); c6r = S.MultiplyAdd(x, r, c6r); }
            if (R.Count > 7) { x = S.Create(a[7]); c7l = S.MultiplyAdd(x, l, c7l); c7r = S.MultiplyAdd(x, r, c7r); }
            if (R.Count > 8) { x = S.Create(a[8]); c8l = S.MultiplyAdd(x, l, c8l); c8r = S.MultiplyAdd(x, r, c8r); }
            if (R.Count > 9) { x = S.Create(a[9]); c9l = S.MultiplyAdd(x, l, c9l); c9r = S.MultiplyAdd(x, r, c9r); }
            if (R.Count > 10) { x = S.Create(a[10]); c10l = S.MultiplyAdd(x, l, c10l); c10r = S.MultiplyAdd(x, r, c10r); }
            if (R.Count > 11) { x = S.Create(a[11]); c11l = S.MultiplyAdd(x, l, c11l); c11r = S.MultiplyAdd(x, r, c11r); }
        }

        if (R.Count > 0) Set(c + 0 * ldc, c0l, c0r);
        if (R.Count > 1) Set(c + 1 * ldc, c1l, c1r);
        if (R.Count > 2) Set(c + 2 * ldc, c2l, c2r);
        if (R.Count > 3) Set(c + 3 * ldc, c3l, c3r);
        if (R.Count > 4) Set(c + 4 * ldc, c4l, c4r);
        if (R.Count > 5) Set(c + 5 * ldc, c5l, c5r);
        if (R.Count > 6) Set(c + 6 * ldc, c6l, c6r);
        if (R.Count > 7) Set(c + 7 * ldc, c7l, c7r);
        if (R.Count > 8) Set(c + 8 * ldc, c8l, c8r);
        if (R.Count > 9) Set(c + 9 * ldc, c9l, c9r);
        if (R.Count > 10) Set(c + 10 * ldc, c10l, c10r);
        if (R.Count > 11) Set(c + 11 * ldc, c11l, c11r);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Get(float* p, out V left, out V right)
    {
        left = S.Load(p);
        right = S.Load(p + S.Width);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Set(float* p, V left, V right)
    {
        S.Store(left, p);
        S.Store(right, p + S.Width);
    }
}
