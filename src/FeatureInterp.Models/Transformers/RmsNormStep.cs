using FeatureInterp.Tensors;

namespace FeatureInterp.Models;

/// <summary>
/// Root-mean-square norm with TransformerLens's two hooks inside. It goes through both whether or not they are wanted: a fused
/// norm rounds differently, and then looking at a run would change it.
/// </summary>
internal static class RmsNormStep
{
    /// <summary>scale = √(mean(x²) + eps) → hook; x / scale → hook; times the gain.</summary>
    /// <param name="run">The step.</param>
    /// <param name="name">The buffer that receives the result.</param>
    /// <param name="x">[row, d_model]</param>
    /// <param name="gain">[d_model]</param>
    /// <param name="eps">Added to the mean square.</param>
    /// <param name="scaleSite">The hook of the scale.</param>
    /// <param name="normalizedSite">The hook of x / scale.</param>
    /// <param name="layer">The block.</param>
    /// <returns>[row, d_model]</returns>
    public static Tensor Apply(ForwardPass run, string name, Tensor x, Tensor gain, float eps, HookSite scaleSite, HookSite normalizedSite, int layer)
    {
        int rows = x.Shape[0], width = gain.Length;
        var y = run.Buffer(name, rows, width);
        var scale = run.Buffer(name + " scale", rows, 1);
        Kernels.RmsScale(x.Span, width, eps, scale.Span);
        run.Hooks.At(scaleSite, layer, scale);
        for (var row = 0; row < rows; row++)
            TensorPrimitives.Divide(x.Row(row), scale.Span[row], y.Row(row));
        run.Hooks.At(normalizedSite, layer, y);
        for (var row = 0; row < rows; row++)
            TensorPrimitives.Multiply(y.Row(row), gain.Span, y.Row(row));
        return y;
    }
}
