using FeatureInterp.Tensors;

namespace FeatureInterp.Models;

/// <summary>A checkpoint's arrays, each checked against the shape the configuration implies.</summary>
internal sealed class CheckpointReader(SafetensorsFile file)
{
    /// <summary>A matrix, left in the file.</summary>
    /// <exception cref="WeightFileException">Not there, another shape, or no floating-point type.</exception>
    public Weight Matrix(string name, int rows, int columns) => Checked(name, [rows, columns]);

    /// <summary>A gain or bias, widened to fp32.</summary>
    /// <exception cref="WeightFileException">Not there, another shape, or no floating-point type.</exception>
    public Tensor Vector(string name, int length) => Checked(name, [length]).ToTensor();

    private Weight Checked(string name, ReadOnlySpan<long> wanted)
    {
        var weight = file[name];
        if (!weight.Shape.SequenceEqual(wanted))
            throw new WeightFileException(file.Path, $"'{name}' is {Format(weight.Shape)}, but config.json asks for {Format(wanted)}; do the two files belong together?");
        if (weight.DType is not (DType.F32 or DType.BF16 or DType.F16))
            throw new WeightFileException(file.Path, $"'{name}' is stored as {weight.DType}; only F32, BF16 and F16 weights can be computed with.");
        return weight;
    }

    private static string Format(ReadOnlySpan<long> shape) => "[" + string.Join(", ", shape.ToArray()) + "]";
}
