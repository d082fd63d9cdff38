using FeatureInterp.Saes;
using FeatureInterp.Tensors;

namespace FeatureInterp.Tests;

/// <summary>A matrix between values and features in either orientation, with its factors, against sums in double.</summary>
public class SaeMatrixTests
{
    private const int D = 37, F = 150, Tokens = 6;

    [Theory]
    [InlineData(true, DType.F32), InlineData(true, DType.BF16), InlineData(true, DType.F16)]
    [InlineData(false, DType.F32), InlineData(false, DType.BF16), InlineData(false, DType.F16)]
    public void Products_EitherOrientation_EqualSums(bool featuresFirst, DType dtype)
    {
        var (matrix, m) = Make(featuresFirst, dtype);
        var random = new Random(3);
        var x = Tensor.Zeros(Tokens, D);
        foreach (ref var v in x.Span)
            v = random.NextSingle() - 0.5f;

        var encoded = Tensor.Zeros(Tokens, F);
        matrix.Encode(x, encoded);
        TwinAssert.Close("encode", [.. Sums(Tokens, F, (t, f) => Enumerable.Range(0, D).Sum(d => x[t, d] * m(d, f)))], encoded);

        int[] chosen = [149, 0, 7, 7];
        var some = Tensor.Zeros(Tokens, chosen.Length);
        matrix.Encode(x, chosen, some);
        TwinAssert.Close("some", [.. Sums(Tokens, chosen.Length, (t, i) => Enumerable.Range(0, D).Sum(d => x[t, d] * m(d, chosen[i])))], some);

        var acts = Tensor.Zeros(Tokens, F);
        foreach (ref var v in acts.Span)
            v = random.Next(3) == 0 ? random.NextSingle() - 0.2f : 0;
        double[] decoded = [.. Sums(Tokens, D, (t, d) => Enumerable.Range(0, F).Sum(f => acts[t, f] * m(d, f)))];
        var sparse = Tensor.Zeros(Tokens, D);
        SparseDecoder.Add(SparseFeatures.Of(acts), matrix, sparse);
        TwinAssert.Close("sparse", decoded, sparse);
        var dense = Tensor.Zeros(Tokens, D);
        matrix.DecodeDense(acts.Clone(), dense);
        TwinAssert.Close("dense", decoded, dense);

        var column = new float[D];
        matrix.Copy(7, column);
        TwinAssert.Close("copy", [.. Enumerable.Range(0, D).Select(d => m(d, 7))], new Tensor(column, [D]));
        TwinAssert.Close("norms", [.. Enumerable.Range(0, F).Select(f => Math.Sqrt(Enumerable.Range(0, D).Sum(d => m(d, f) * m(d, f))))], matrix.Norms());
    }

    [Fact]
    public void Add_EitherOrientation_SumsInTheSameOrder()
    {
        var (rows, _) = Make(featuresFirst: true, DType.F32);
        var (columns, _) = Make(featuresFirst: false, DType.F32);
        var random = new Random(9);
        var acts = Tensor.Zeros(Tokens, F);
        foreach (ref var v in acts.Span)
            v = random.Next(2) * random.NextSingle();
        Tensor a = Tensor.Zeros(Tokens, D), b = Tensor.Zeros(Tokens, D);
        SparseDecoder.Add(SparseFeatures.Of(acts), rows, a);
        SparseDecoder.Add(SparseFeatures.Of(acts), columns, b);
        TwinAssert.Close("decoded", Array.ConvertAll(a.Memory.ToArray(), v => (double)v), b, 1e-6);
    }

    // M[d, f] = −1.5 · scale[f] · file.
    private static (SaeMatrix Matrix, Func<int, int, double> Value) Make(bool featuresFirst, DType dtype)
    {
        var random = new Random(1);
        var byFeature = new float[F, D];
        var scales = Tensor.Zeros(F);
        for (var f = 0; f < F; f++)
        {
            scales.Span[f] = 0.5f + random.NextSingle();
            for (var d = 0; d < D; d++)
                byFeature[f, d] = random.NextSingle() - 0.5f;
        }

        var values = new float[F * D];
        for (var i = 0; i < values.Length; i++)
            values[i] = featuresFirst ? byFeature[i / D, i % D] : byFeature[i % F, i / F];
        var raw = new RawSafetensors();
        var kept = raw.Add("m", dtype, featuresFirst ? [F, D] : [D, F], values);
        var path = Path.GetTempFileName();
        raw.Save(path);
        var weight = SafetensorsFile.Open(path)["m"];
        File.Delete(path);
        var matrix = new SaeMatrix(weight, featuresFirst, Scale: -3).Times(0.5f).Times(scales);
        Assert.Equal((D, F), (matrix.Width, matrix.Features));
        return (matrix, (d, f) => -1.5 * scales.Span[f] * kept[featuresFirst ? f * D + d : d * F + f]);
    }

    private static IEnumerable<double> Sums(int rows, int columns, Func<int, int, double> at) =>
        Enumerable.Range(0, rows).SelectMany(r => Enumerable.Range(0, columns).Select(c => at(r, c)));
}
