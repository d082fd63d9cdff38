using MathNet.Numerics.LinearAlgebra;

namespace FeatureInterp.Analysis;

/// <summary>The largest eigenvectors of symmetric matrices that can only be multiplied with.</summary>
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
                var (values, vectors) = All(Tridiagonal(diagonal, beside));
                var wanted = Math.Min(count, values.Length);
                if (isEnd || (wanted == count && Enumerable.Range(0, count).All(k => left * Math.Abs(vectors[k][^1]) <= Tolerance * values[0])))
                    return [.. Enumerable.Range(0, wanted).Where(k => values[k] > Tolerance * values[0]).Select(k => (values[k], Combine(basis, vectors[k])))];
            }

            beside.Add(left);
            TensorPrimitives.Divide(w, left, w);
            v = w;
        }
    }

    // By falling value; the library gives them rising.
    private static (double[] Values, double[][] Vectors) All(Matrix<double> symmetric)
    {
        var found = symmetric.Evd(Symmetricity.Symmetric);
        return ([.. found.EigenValues.Select(e => e.Real).Reverse()], [.. found.EigenVectors.ToColumnArrays().Reverse()]);
    }

    private static Matrix<double> Tridiagonal(List<double> diagonal, List<double> beside)
    {
        var t = Matrix<double>.Build.Dense(diagonal.Count, diagonal.Count);
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
