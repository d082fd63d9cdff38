using System.Numerics;
using FeatureInterp.Tensors;
using MathNet.Numerics.LinearAlgebra;

namespace FeatureInterp.Models;

/// <summary>A singular value decomposition M = U·diag(S)·Vᵀ without the part that is zero.</summary>
/// <param name="U">[rows, rank], columns orthonormal.</param>
/// <param name="S">[rank], largest first.</param>
/// <param name="V">[columns, rank], columns orthonormal.</param>
public sealed record SingularValueDecomposition(Tensor U, IReadOnlyList<double> S, Tensor V);

/// <summary>
/// A matrix of low rank kept as the product A·B it is, such as W_V·W_O: d_model × d_model numbers that come from 2 · d_model · d_head.
/// What is asked of it is computed from the factors: thin QR of both, A = Q_A·R_A and Bᵀ = Q_B·R_B, leaves the small core R_A·R_Bᵀ,
/// which has the norm and the singular values of A·B. In double precision. Definition: TransformerLens's <c>FactoredMatrix</c>.
/// </summary>
public sealed class FactoredMatrix
{
    /// <summary>A product of two matrices.</summary>
    /// <param name="a">[rows, inner]</param>
    /// <param name="b">[inner, columns]</param>
    /// <exception cref="ArgumentException">The shapes do not fit.</exception>
    public FactoredMatrix(Tensor a, Tensor b)
    {
        if (a.Rank != 2 || b.Rank != 2 || a.Shape[1] != b.Shape[0] || a.Length == 0 || b.Length == 0)
            throw new ArgumentException($"{a} and {b} have no product; give [rows, inner] and [inner, columns].", nameof(b));
        A = a;
        B = b;
    }

    /// <summary>A·Cᵀ, such as W_Q·W_Kᵀ.</summary>
    /// <param name="a">[rows, inner]</param>
    /// <param name="c">[columns, inner]</param>
    /// <exception cref="ArgumentException">The shapes do not fit.</exception>
    public static FactoredMatrix OfTransposed(Tensor a, Tensor c) => new(a, DenseMath.Transpose(c));

    /// <summary>R of a thin QR, m = Q·R with QᵀQ = 1: a small matrix of the same norm as m, [min(rows, columns), columns].</summary>
    /// <param name="m">[rows, columns]</param>
    /// <exception cref="ArithmeticException">The matrix holds NaN or an infinity.</exception>
    public static Tensor Triangle(Tensor m) => DenseMath.ToTensor(DenseMath.ThinQR(DenseMath.ToMatrix(m)).R);

    /// <summary>The left factor, [rows, inner].</summary>
    public Tensor A { get; }

    /// <summary>The right factor, [inner, columns].</summary>
    public Tensor B { get; }

    /// <summary>The number of rows.</summary>
    public int Rows => A.Shape[0];

    /// <summary>The number of columns.</summary>
    public int Columns => B.Shape[1];

    /// <summary>The number of columns of A and rows of B: a bound of the rank.</summary>
    public int Inner => A.Shape[1];

    /// <summary>Bᵀ·Aᵀ.</summary>
    public FactoredMatrix Transpose() => new(DenseMath.Transpose(B), DenseMath.Transpose(A));

    /// <summary>A·B written out, [rows, columns].</summary>
    public Tensor AB() => DenseMath.Multiply(A, B);

    /// <summary>B·A, [inner, inner]: for a square product the matrix that has its eigenvalues, zeros aside.</summary>
    /// <exception cref="InvalidOperationException">The product is not square.</exception>
    public Tensor BA() => Rows == Columns ? DenseMath.Multiply(B, A) : throw NotSquare();

    /// <summary>x·A·B, [row, columns].</summary>
    /// <param name="x">[row, rows]</param>
    public Tensor Apply(Tensor x) => DenseMath.Multiply(DenseMath.Multiply(x, A), B);

    /// <summary>This product times another, A·B·C·D, kept in two factors with the smaller of the two inner sizes.</summary>
    /// <param name="right">C·D.</param>
    /// <exception cref="ArgumentException">The shapes do not fit.</exception>
    public FactoredMatrix Multiply(FactoredMatrix right)
    {
        if (Columns != right.Rows)
            throw new ArgumentException($"A product of {Columns} columns cannot be multiplied by one of {right.Rows} rows.", nameof(right));
        var core = DenseMath.Multiply(B, right.A);
        return Inner <= right.Inner ? new(A, DenseMath.Multiply(core, right.B)) : new(DenseMath.Multiply(A, core), right.B);
    }

    /// <summary>The Frobenius norm √(Σ (A·B)²).</summary>
    /// <exception cref="ArithmeticException">A factor holds NaN or an infinity.</exception>
    public double Norm() => Core().Core.FrobeniusNorm();

    /// <summary>The singular values, largest first: as many as the smallest of rows, inner size and columns.</summary>
    /// <exception cref="ArithmeticException">A factor holds NaN or an infinity.</exception>
    public double[] SingularValues() => Core().Core.Svd(computeVectors: false).S.ToArray();

    /// <summary>The singular value decomposition.</summary>
    /// <exception cref="ArithmeticException">A factor holds NaN or an infinity.</exception>
    public SingularValueDecomposition Svd()
    {
        var (u, s, v) = DoubleSvd();
        return new(DenseMath.ToTensor(u), s, DenseMath.ToTensor(v));
    }

    /// <summary>The same product with both factors of the same weight: A = U·√S, B = √S·Vᵀ.</summary>
    /// <exception cref="ArithmeticException">A factor holds NaN or an infinity.</exception>
    public FactoredMatrix MakeEven()
    {
        var (u, s, v) = DoubleSvd();
        var roots = Array.ConvertAll(s, Math.Sqrt);
        return new(DenseMath.ToTensor(DenseMath.ScaleColumns(u, roots)), DenseMath.ToTensor(DenseMath.ScaleColumns(v, roots).Transpose()));
    }

    /// <summary>
    /// The eigenvalues of a square product that can be other than zero, those of B·A; largest magnitude first, of equal ones the one with the
    /// larger real, then imaginary part.
    /// </summary>
    /// <exception cref="InvalidOperationException">The product is not square.</exception>
    /// <exception cref="ArithmeticException">A factor holds NaN or an infinity.</exception>
    public Complex[] Eigenvalues()
    {
        if (Rows != Columns)
            throw NotSquare();
        var core = DenseMath.ToMatrix(B) * DenseMath.ToMatrix(A);
        return [.. core.Evd().EigenValues.OrderByDescending(e => e.Magnitude).ThenByDescending(e => e.Real).ThenByDescending(e => e.Imaginary)];
    }

    /// <inheritdoc/>
    public override string ToString() => $"FactoredMatrix [{Rows}, {Inner}] · [{Inner}, {Columns}]";

    internal (Matrix<double> U, double[] S, Matrix<double> V) DoubleSvd()
    {
        var (qa, core, qb) = Core();
        var svd = core.Svd();
        var rank = svd.S.Count;
        var u = svd.U.SubMatrix(0, core.RowCount, 0, rank);
        var v = svd.VT.SubMatrix(0, rank, 0, core.ColumnCount).Transpose();
        return (qa is null ? u : qa * u, svd.S.ToArray(), qb is null ? v : qb * v);
    }

    private (Matrix<double>? Qa, Matrix<double> Core, Matrix<double>? Qb) Core()
    {
        var (qa, ra) = DenseMath.ThinQR(DenseMath.ToMatrix(A));
        var (qb, rb) = DenseMath.ThinQR(DenseMath.ToMatrix(B).Transpose());
        return (qa, ra * rb.Transpose(), qb);
    }

    private InvalidOperationException NotSquare() => new($"A product of {Rows} rows and {Columns} columns has no eigenvalues; it must be square.");
}
