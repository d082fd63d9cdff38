using FeatureInterp.Tensors;

namespace FeatureInterp.Tests.Tensors;

public class CollectTests
{
    public static TheoryData<string> CollectAbove => KernelCases.Of("collect_above");

    public static TheoryData<string> CopyColumns => KernelCases.Of("copy_columns");

    [Theory, MemberData(nameof(CollectAbove))]
    public void CollectAbove_AnyLengthAndShare_MatchesTwin(string variant)
    {
        foreach (var length in KernelCases.Lengths.Append(5000))
        {
            foreach (var height in new[] { -10f, 0f, 1.5f, 10f })
            {
                var floor = KernelCases.Floats(length, seed: length + 1);
                foreach (ref var f in floor.AsSpan())
                    f = height + 0.1f * f;
                AssertMatchesTwin(variant, KernelCases.Floats(length, seed: length), floor);
            }
        }
    }

    [Theory, MemberData(nameof(CollectAbove))]
    public void CollectAbove_NaNTiesAndInfinities_MatchesTwin(string variant)
    {
        float[] few = [1, 0, -0f, float.NaN, float.NegativeInfinity, 2, float.PositiveInfinity];
        var random = new Random(5);
        for (var round = 0; round < 50; round++)
        {
            float[] x = new float[100], floor = new float[100];
            for (var i = 0; i < x.Length; i++)
                (x[i], floor[i]) = (few[random.Next(few.Length)], few[random.Next(few.Length)]);
            AssertMatchesTwin(variant, x, floor);
        }
    }

    [Fact]
    public void CollectAbove_Twin_KeepsWhatIsNotAtMostItsFloor()
    {
        var (indices, values) = (new int[6], new float[6]);
        var count = KernelCases.Twin<CollectKernel>("collect_above")([1, 2, float.NaN, 3, -1, 0], [1, 1.5f, 9, float.NaN, -2, 0], indices, values);
        Assert.Equal([1, 2, 3, 4], indices[..count]);
        Assert.Equal([2, float.NaN, 3, -1], values[..count]);
    }

    [Theory, MemberData(nameof(CollectAbove))]
    public void CollectAbove_InPlace_MatchesTwin(string variant)
    {
        var (x, floor) = (KernelCases.Floats(1000, seed: 3), new float[1000]);
        var (wanted, wantedValues, found) = (new int[1000], new float[1000], new int[1000]);
        var count = KernelCases.Twin<CollectKernel>("collect_above")(x, floor, wanted, wantedValues);
        Assert.InRange(count, 100, 900);
        Assert.Equal(count, KernelCases.Get<CollectKernel>("collect_above", variant)(x, floor, found, x));
        Assert.Equal(wanted[..count], found[..count]);
        KernelCases.AssertSameBits(wantedValues.AsSpan(0, count), x.AsSpan(0, count), "in place");
    }

    [Theory, MemberData(nameof(CopyColumns))]
    public void CopyColumns_AnyColumns_MatchesTwin(string variant)
    {
        foreach (var dtype in new[] { DType.F32, DType.BF16, DType.F16 })
        {
            foreach (var (k, n) in new[] { (1, 1), (3, 7), (65, 33), (129, 300) })
            {
                var raw = new RawSafetensors();
                raw.Add("w", dtype, [k, n], KernelCases.Floats(k * n, seed: k));
                var path = Path.GetTempFileName();
                raw.Save(path);
                var w = SafetensorsFile.Open(path)["w"];
                File.Delete(path);
                int[] columns = [n - 1, 0, n / 2, n / 2, .. Enumerable.Range(0, n)];
                var (wanted, found) = (new float[k * columns.Length], new Guarded(k * columns.Length));
                KernelCases.Twin<CopyColumnsKernel>("copy_columns")(w, columns, wanted);
                KernelCases.Get<CopyColumnsKernel>("copy_columns", variant)(w, columns, found.Span);
                found.Check();
                KernelCases.AssertSameBits(wanted, found.Span, $"{dtype} [{k}, {n}]");
            }
        }
    }

    private static void AssertMatchesTwin(string variant, float[] x, float[] floor)
    {
        Guarded guarded = new(x), guardedFloor = new(floor), values = new(x.Length);
        var (wanted, wantedValues, found) = (new int[x.Length], new float[x.Length], new int[x.Length]);
        var count = KernelCases.Twin<CollectKernel>("collect_above")(x, floor, wanted, wantedValues);
        Assert.Equal(count, KernelCases.Get<CollectKernel>("collect_above", variant)(guarded.Span, guardedFloor.Span, found, values.Span));
        values.Check();
        Assert.Equal(wanted[..count], found[..count]);
        KernelCases.AssertSameBits(wantedValues.AsSpan(0, count), values.Span[..count], $"{x.Length}");
    }
}
