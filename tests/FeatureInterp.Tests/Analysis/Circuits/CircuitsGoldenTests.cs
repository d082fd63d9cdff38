using FeatureInterp.Analysis;

namespace FeatureInterp.Tests;

/// <summary>OV and QK circuits and composition scores against TransformerLens, when the goldens are there.</summary>
public class CircuitsGoldenTests
{
    public static TheoryData<string, string> Groups => LensGoldens.Groups;

    [Theory, MemberData(nameof(Groups))]
    public void Circuits_OfOneHead_EqualTransformerLens(string family, string group)
    {
        var golden = LensGoldens.Of(family, group);
        foreach (var (name, circuit) in new[]
        {
            ("OV", Circuits.OV(golden.Model, 0, 1, golden.Processing)), ("QK", Circuits.QK(golden.Model, 0, 1, golden.Processing)),
        })
        {
            Golden.AssertClose(name, golden[$"{name}_L0H1"], circuit.AB());
            Near(golden[$"{name}_L0H1_singular_values"].Span, circuit.SingularValues());
            Near(golden[$"{name}_L0H1_eigenvalue_abs_sorted"].Span, [.. circuit.Eigenvalues().Select(e => e.Magnitude)]);
            var norm = golden[$"{name}_L0H1_norm"].Span[0];
            Assert.Equal(norm, circuit.Norm(), 5e-5 * norm);
            Assert.Equal(golden[$"{name}_L0H1_eigenvalue_sum_real"].Span[0], circuit.Eigenvalues().Sum(e => e.Real), 5e-5 * norm);
        }
    }

    [Theory, MemberData(nameof(Groups))]
    public void CompositionScores_EqualTransformerLens(string family, string group)
    {
        var golden = LensGoldens.Of(family, group);
        foreach (var mode in Enum.GetValues<CompositionMode>())
            Golden.AssertClose(mode.ToString(), golden[$"composition_scores_{mode}"], CompositionScores.Run(golden.Model, mode, golden.Processing).Values);
    }

    private static void Near(ReadOnlySpan<float> wanted, double[] found)
    {
        Assert.Equal(wanted.Length, found.Length);
        for (var i = 0; i < found.Length; i++)
            Assert.Equal(wanted[i], found[i], 5e-5 * wanted[0]);
    }
}
