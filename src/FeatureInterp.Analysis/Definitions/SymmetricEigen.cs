namespace FeatureInterp.Analysis;

/// <summary>Eigenvectors of small symmetric matrices, and the largest of large ones that can only be multiplied with.</summary>
internal static class SymmetricEigen
{
    private const int MostSteps = 160;
    private const int CheckEvery = 16;
    private const double Tolerance = 1e-11;

    /// <summary>
    /// The largest eigenvalues of a positive semidefinite matrix and their vectors, by Lanczos's method with full reorthogonalisation: steps until
    /// each residual ‖A·v − λ·v‖ is below 1e-11 of the largest eigenvalue, or 160 of them.
    /// </summary>
    /// <param name="size">d.</param>
    /// <param name="count">How many are wanted.</param>
    /// <param name="multiply">A·v.</param>
    /// <returns>By falling value; fewer than wanted where the rest are zero.</returns>
    public static IReadOnlyList<(double Value, double[] Vector)> Largest(int size, int count, Func<double[], double[]> multiply)
    {
        var (basis, diagonal, beside) = (new List<double[]>(), new List<double>(), new List<double>());
        var random = new Random(1);
        var v = new double[size];
        for (var i = 0; i < size; i++)
            v[i] = random.NextDouble() - 0.5;
        TensorPrimitives.Divide(v, TensorPrimitives.Norm<double>(v), v);
        while (true)
        {
            basis.Add(v);
            var w = multiply(v);
            diagonal.Add(TensorPrimitives.Dot<double>(w, v));
            for (var twice = 0; twice < 2; twice++)
            {
                foreach (var u in basis)
                    TensorPrimitives.MultiplyAdd(u, -TensorPrimitives.Dot<double>(w, u), w, w);
            }

            var left = TensorPrimitives.Norm<double>(w);
            var isEnd = basis.Count >= Math.Min(size, MostSteps) || left <= Tolerance * diagonal.Max();
            if (isEnd || basis.Count % CheckEvery == 0)
            {
                var (values, vectors) = Jacobi(Tridiagonal(diagonal, beside));
                var wanted = Math.Min(count, values.Length);
                if (isEnd || (wanted == count && Enumerable.Range(0, count).All(k => left * Math.Abs(vectors[k][^1]) <= Tolerance * values[0])))
                    return [.. Enumerable.Range(0, wanted).Where(k => values[k] > Tolerance * values[0]).Select(k => (values[k], Combine(basis, vectors[k])))];
            }

            beside.Add(left);
            TensorPrimitives.Divide(w, left, w);
            v = w;
        }
    }

    /// <summary>All eigenvalues of a symmetric matrix and their vectors, by falling value, by Jacobi's rotations.</summary>
    /// <param name="a">The matrix; is written into.</param>
    public static (double[] Values, double[][] Vectors) Jacobi(double[,] a)
    {
        var n = a.GetLength(0);
        var v = new double[n, n];
        for (var i = 0; i < n; i++)
            v[i, i] = 1;
        for (var sweep = 0; sweep < 64 && OffDiagonal(a) > 1e-30 * Square(a); sweep++)
        {
            for (var p = 0; p < n; p++)
            {
                for (var q = p + 1; q < n; q++)
                    Rotate(a, v, p, q);
            }
        }

        int[] order = [.. Enumerable.Range(0, n).OrderByDescending(i => a[i, i])];
        return ([.. order.Select(i => a[i, i])], [.. order.Select(i => Enumerable.Range(0, n).Select(k => v[k, i]).ToArray())]);
    }

    private static void Rotate(double[,] a, double[,] v, int p, int q)
    {
        if (a[p, q] == 0)
            return;
        var theta = (a[q, q] - a[p, p]) / (2 * a[p, q]);
        var t = (theta < 0 ? -1 : 1) / (Math.Abs(theta) + Math.Sqrt(theta * theta + 1));
        var c = 1 / Math.Sqrt(t * t + 1);
        var s = t * c;
        for (var k = 0; k < a.GetLength(0); k++)
            (a[k, p], a[k, q]) = (c * a[k, p] - s * a[k, q], s * a[k, p] + c * a[k, q]);
        for (var k = 0; k < a.GetLength(0); k++)
            (a[p, k], a[q, k]) = (c * a[p, k] - s * a[q, k], s * a[p, k] + c * a[q, k]);
        for (var k = 0; k < a.GetLength(0); k++)
            (v[k, p], v[k, q]) = (c * v[k, p] - s * v[k, q], s * v[k, p] + c * v[k, q]);
        a[p, q] = a[q, p] = 0;
    }

    private static double OffDiagonal(double[,] a)
    {
        double sum = 0;
        for (var i = 0; i < a.GetLength(0); i++)
        {
            for (var j = 0; j < i; j++)
                sum += a[i, j] * a[i, j];
        }

        return sum;
    }

    private static double Square(double[,] a) => a.Cast<double>().Sum(x => x * x);

    private static double[,] Tridiagonal(List<double> diagonal, List<double> beside)
    {
        var t = new double[diagonal.Count, diagonal.Count];
        for (var i = 0; i < diagonal.Count; i++)
        {
            t[i, i] = diagonal[i];
            if (i > 0)
                t[i, i - 1] = t[i - 1, i] = beside[i - 1];
        }

        return t;
    }

    private static double[] Combine(List<double[]> basis, double[] weights)
    {
        var sum = new double[basis[0].Length];
        for (var i = 0; i < basis.Count; i++)
            TensorPrimitives.MultiplyAdd(basis[i], weights[i], sum, sum);
        TensorPrimitives.Divide(sum, TensorPrimitives.Norm<double>(sum), sum);
        return sum;
    }
}
