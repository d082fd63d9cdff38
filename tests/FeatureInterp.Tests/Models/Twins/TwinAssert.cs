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
    public static void Close(ModelTwin twin, RunResult run, int prompt = 0, double tolerance = Tolerance)
    {
        foreach (var name in twin.Hooks.Keys)
            Close(name, twin, run.Activations[name][prompt], tolerance);
    }

    /// <summary>Every hook the run kept, shape and values; <paramref name="what"/> was done, for the message.</summary>
    public static void KeptIsClose(string what, ModelTwin twin, RunResult run)
    {
        foreach (var point in run.Activations.Points)
            Close(point.ToString(), twin, run.Activations[point][0], Tolerance, $"{what}: ");
    }

    private static void Close(string name, ModelTwin twin, Tensor found, double tolerance, string what = "")
    {
        var wanted = twin.Hooks[name];
        Assert.True(wanted.Shape.AsSpan().SequenceEqual(found.Shape), $"{what}{name} is {found}, not [{string.Join(", ", wanted.Shape)}]");
        Close(what + name, wanted.Values, found, tolerance);
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
