using FeatureInterp.Models;
using FeatureInterp.Tensors;

namespace FeatureInterp.Tests;

/// <summary>Compares fp32 values with those of a twin in double.</summary>
internal static class TwinAssert
{
    public const double Tolerance = 5e-5;

    /// <summary>Fails when any value is off by more than the tolerance times the largest finite magnitude.</summary>
    public static void Close(string name, ReadOnlySpan<double> wanted, Tensor found, double tolerance = Tolerance)
    {
        Assert.True(wanted.Length == found.Length, $"{name}: {found} where {wanted.Length} values were wanted");
        double scale = 0;
        foreach (var w in wanted)
            scale = double.IsFinite(w) ? Math.Max(scale, Math.Abs(w)) : scale;
        for (var i = 0; i < wanted.Length; i++)
        {
            var isClose = double.IsFinite(wanted[i]) ? Math.Abs(wanted[i] - found.Span[i]) <= tolerance * scale : wanted[i].Equals((double)found.Span[i]);
            Assert.True(isClose, $"{name}[{i}] is {found.Span[i]}, wanted {wanted[i]} within {tolerance * scale}");
        }
    }

    /// <summary>Every hook the twin recorded, shape and values.</summary>
    public static void Close(Gemma2Twin twin, RunResult run, int prompt = 0, double tolerance = Tolerance)
    {
        foreach (var (name, wanted) in twin.Hooks)
        {
            var found = run.Activations[name][prompt];
            Assert.Equal(wanted.Shape, found.Shape.ToArray());
            Close(name, wanted.Values, found, tolerance);
        }
    }

    /// <summary>The same bits.</summary>
    public static void Same(string name, Tensor wanted, Tensor found)
    {
        Assert.Equal(wanted.Shape.ToArray(), found.Shape.ToArray());
        for (var i = 0; i < wanted.Length; i++)
        {
            if (BitConverter.SingleToInt32Bits(wanted.Span[i]) != BitConverter.SingleToInt32Bits(found.Span[i]))
                Assert.Fail($"{name}[{i}] is {found.Span[i]:R}, not the very {wanted.Span[i]:R} that was wanted");
        }
    }
}
