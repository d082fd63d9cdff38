using System.Numerics.Tensors;
using FeatureInterp.Tensors;
using static FeatureInterp.Benchmarks.Report;

namespace FeatureInterp.Benchmarks;

/// <summary>Everything between the matrix multiplies, on rows of a model's widths, one thread.</summary>
internal static class ElementwiseQuestion
{
    public static Report Answer()
    {
        var report = new Report("operation", "length", "ns an element, median", "best", "speed against TensorPrimitives", "against the naive twin");
        Workers.SetCount(1);
        foreach (var length in new[] { 256, 3072, 65536 })
        {
            float[] x = Inputs.Floats(length, 1, 4), y = new float[length], gain = Inputs.Floats(length, 2), spare = new float[length];

            // A true rotation: with other numbers x would shrink to subnormals as it is turned over and over.
            float[] angles = Inputs.Floats(length / 2, 3, 3), cos = [.. angles.Select(MathF.Cos)], sin = [.. angles.Select(MathF.Sin)], turned = [.. x];
            Row(report, "exp", length, () => Kernels.Exp(x, y), () => Twin<UnaryKernel>("exp")(x, y), () => TensorPrimitives.Exp(x, y));
            Row(report, "softmax", length, () => Kernels.Softmax(x, y), () => Twin<UnaryKernel>("softmax")(x, y), () => TensorPrimitives.SoftMax<float>(x, y));
            Row(report, "log_sum_exp", length, () => Kernels.LogSumExp(x), () => Twin<ReduceKernel>("log_sum_exp")(x), null);
            Row(report, "gelu_tanh", length, () => Kernels.GeluTanh(x, y), () => Twin<UnaryKernel>("gelu_tanh")(x, y), () => GeluFromPrimitives(x, spare, y));
            Row(report, "gelu_tanh_mul", length, () => Kernels.GeluTanhMul(x, gain, y), () => Twin<BinaryKernel>("gelu_tanh_mul")(x, gain, y), null);
            Row(report, "soft_cap", length, () => Kernels.SoftCap(x, 30, y), () => Twin<SoftCapKernel>("soft_cap")(x, 30, y), () => SoftCapFromPrimitives(x, y));
            Row(report, "rms_norm", length, () => Kernels.RmsNorm(x, gain, 1e-6f, y), () => Twin<RmsNormKernel>("rms_norm")(x, gain, 1e-6f, y), () => RmsFromPrimitives(x, gain, y));
            Row(report, "layer_norm", length, () => Kernels.LayerNorm(x, gain, gain, 1e-6f, y), () => Twin<LayerNormKernel>("layer_norm")(x, gain, gain, 1e-6f, y), null);
            Row(report, "rope", length, () => Kernels.Rope(turned, 1, 64, cos, sin), () => Twin<RopeKernel>("rope")(turned, 1, 64, cos, sin), null);
            int[] indices = new int[10];
            float[] values = new float[10];
            Row(report, "top_k (10)", length, () => Kernels.TopK(x, indices, values), () => Twin<TopKKernel>("top_k")(x, indices, values), null);
        }

        Workers.SetCount(0);
        report.Note("TensorPrimitives: System.Numerics.Tensors, one call where it has the operation (exp, softmax), else the shortest chain of its calls.");
        return report;
    }

    private static void Row(Report report, string name, int length, Action fast, Action twin, Action? primitives)
    {
        var paired = new Paired(9).Add("fast", length, fast).Add("twin", length, twin);
        if (primitives is not null)
            paired.Add("primitives", length, primitives);
        paired.Run(5);
        report.Row(name, $"{length}", Number(1e9 / paired.Rate("fast"), 3), Number(1e9 / paired.Best("fast"), 3),
            primitives is null ? "" : Number(paired.Ratio("fast", "primitives")) + " ×", Number(paired.Ratio("fast", "twin"), 0) + " ×");
    }

    private static T Twin<T>(string operation)
        where T : Delegate => (T)KernelRegistry.Variants.First(v => v.Operation == operation && v.Name == "reference").Implementation;

    private static void GeluFromPrimitives(float[] x, float[] spare, float[] y)
    {
        TensorPrimitives.Multiply(x, x, spare);
        TensorPrimitives.Multiply(spare, 2 * 0.7978845608f * 0.044715f, spare);
        TensorPrimitives.Add(spare, 2 * 0.7978845608f, spare);
        TensorPrimitives.Multiply(spare, x, spare);
        TensorPrimitives.Sigmoid<float>(spare, spare);
        TensorPrimitives.Multiply(spare, x, y);
    }

    private static void SoftCapFromPrimitives(float[] x, float[] y)
    {
        TensorPrimitives.Divide(x, 30f, y);
        TensorPrimitives.Tanh<float>(y, y);
        TensorPrimitives.Multiply(y, 30f, y);
    }

    private static void RmsFromPrimitives(float[] x, float[] gain, float[] y)
    {
        TensorPrimitives.Multiply(x, 1 / MathF.Sqrt(TensorPrimitives.SumOfSquares<float>(x) / x.Length + 1e-6f), y);
        TensorPrimitives.Multiply(y, gain, y);
    }
}
