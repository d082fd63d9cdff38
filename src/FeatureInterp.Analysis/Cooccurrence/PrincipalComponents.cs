using MathNet.Numerics.LinearAlgebra;

namespace FeatureInterp.Analysis;

/// <summary>One axis along which a cloud of vectors spreads.</summary>
/// <param name="Variance">The variance along it (n − 1 in the denominator).</param>
/// <param name="Direction">Its unit vector, [d].</param>
/// <param name="Loadings">W[f]·direction of each generator, [feature].</param>
internal sealed record PrincipalAxis(double Variance, double[] Direction, double[] Loadings);

/// <summary>
/// Principal components of vectors that are sums v = Σ a_f·W[f] of a few generators, from the scatter S of the coefficients a alone. The covariance
/// WᵀSW/(n − 1) lives in the span of W's rows: with an orthonormal basis Q of it and R = QWᵀ, the eigenvectors u of RSRᵀ/(n − 1), a matrix no larger than
/// the number of generators, give the components Qᵀu. Exact, in double precision.
/// </summary>
internal static class PrincipalComponents
{
    // A generator whose part outside the span of those before is smaller than this share of it adds nothing; fp32 weights cannot tell more.
    private const double Dependent = 1e-10;

    // Less than this share of all variance is rounding.
    private const double Nothing = 1e-12;

    /// <summary>The largest components.</summary>
    /// <param name="generators">W, [feature][d].</param>
    /// <param name="scatter">S[f, g] = Σ (a_f − ā_f)(a_g − ā_g), [feature · feature].</param>
    /// <param name="count">n, the number of vectors.</param>
    /// <param name="most">How many components are wanted; there may be fewer.</param>
    /// <returns>The whole variance, and the components in falling order; the entry of largest magnitude of each is positive.</returns>
    public static (double Total, PrincipalAxis[] Axes) Of(double[][] generators, double[] scatter, long count, int most)
    {
        var k = generators.Length;
        var basis = Basis(generators);                                            // Q, [rank][d]
        if (count < 2 || basis.Count == 0)
            return (0, []);
        var r = Matrix<double>.Build.Dense(basis.Count, k, (j, f) => Dot(basis[j], generators[f]));
        var s = Matrix<double>.Build.Dense(k, k, scatter);
        var covariance = r * s * r.Transpose() / (count - 1);
        var total = covariance.Trace();
        if (!(total > 0))
            return (0, []);

        // Symmetric to the bit, whatever rounding the products have.
        var decomposition = ((covariance + covariance.Transpose()) / 2).Evd(Symmetricity.Symmetric);
        var axes = new List<PrincipalAxis>();
        foreach (var i in Enumerable.Range(0, basis.Count).OrderByDescending(i => decomposition.EigenValues[i].Real).Take(most))
        {
            var variance = decomposition.EigenValues[i].Real;
            if (variance > total * Nothing)
                axes.Add(Axis(variance, decomposition.EigenVectors.Column(i), basis, generators));
        }

        return (total, [.. axes]);
    }

    private static PrincipalAxis Axis(double variance, Vector<double> u, List<double[]> basis, double[][] generators)
    {
        var direction = new double[basis[0].Length];
        for (var j = 0; j < basis.Count; j++)
            TensorPrimitives.MultiplyAdd(basis[j], u[j], direction, direction);
        TensorPrimitives.Divide(direction, TensorPrimitives.Norm<double>(direction), direction);
        if (direction[TensorPrimitives.IndexOfMaxMagnitude<double>(direction)] < 0)
            TensorPrimitives.Negate(direction, direction);
        return new PrincipalAxis(variance, direction, Array.ConvertAll(generators, w => Dot(w, direction)));
    }

    // Gram and Schmidt, each taken out twice: once leaves rounding that is no longer orthogonal.
    private static List<double[]> Basis(double[][] generators)
    {
        var basis = new List<double[]>();
        foreach (var w in generators)
        {
            double[] rest = [.. w];
            for (var pass = 0; pass < 2; pass++)
            {
                foreach (var q in basis)
                    TensorPrimitives.MultiplyAdd(q, -Dot(q, rest), rest, rest);
            }

            var norm = TensorPrimitives.Norm<double>(rest);
            if (!(norm > Dependent * TensorPrimitives.Norm<double>(w)))
                continue;
            TensorPrimitives.Divide(rest, norm, rest);
            basis.Add(rest);
        }

        return basis;
    }

    private static double Dot(double[] x, double[] y) => TensorPrimitives.Dot<double>(x, y);
}
