using FeatureInterp.Tensors;

namespace FeatureInterp.Saes;

/// <summary>The arrays of an SAE's weight file, checked against each other: the encoder decides d and f, everything else has to fit it.</summary>
internal sealed class SaeArrays
{
    private const int MaxWidth = 1 << 22, MaxFeatures = 1 << 26;

    private readonly WeightSource _source;

    private SaeArrays(WeightSource source) => _source = source;

    /// <summary>The file.</summary>
    public string File => _source.Path;

    /// <summary>The names of the arrays.</summary>
    public IReadOnlyCollection<string> Names => _source.Names;

    /// <summary>Maps a file: <c>.safetensors</c>, <c>.npz</c>, else of torch.save.</summary>
    /// <param name="path">The file.</param>
    /// <exception cref="WeightFileException">It is not there, damaged, or asks to run code.</exception>
    public static SaeArrays Open(string path) => new(Path.GetExtension(path) switch
    {
        ".safetensors" => WeightSource.Of(SafetensorsFile.Open(path)),
        ".npz" => WeightSource.Of(NpzFile.Open(path)),
        _ => WeightSource.Of(TorchFile.Open(path)),
    });

    /// <summary>Whether there is an array of this name.</summary>
    public bool Has(string name) => _source.TryFind(name) is not null;

    /// <summary>The first of these names that is there; the first of all when none is, so that the error names it.</summary>
    public string First(params ReadOnlySpan<string> names)
    {
        foreach (var name in names)
        {
            if (Has(name))
                return name;
        }

        return names[0];
    }

    /// <summary>The first dimension of an array, for telling its orientation; -1 where it is no matrix.</summary>
    public long FirstSize(string name) => _source[name].Shape is { Length: 2 } shape ? shape[0] : -1;

    /// <summary>The encoder's matrix, which decides the sizes.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="featuresFirst">Whether it is [f, d] rather than [d, f].</param>
    /// <exception cref="WeightFileException">It is missing or no matrix that can be computed with.</exception>
    public SaeMatrix Encoder(string name, bool featuresFirst)
    {
        var weight = Computable(name);
        if (weight.Shape.Length != 2)
            throw Fault($"'{name}' is {Shape(weight)}, where a matrix of inputs and features was expected; is this an SAE?");
        long d = weight.Shape[featuresFirst ? 1 : 0], f = weight.Shape[featuresFirst ? 0 : 1];
        if (d is < 1 or > MaxWidth || f is < 1 or > MaxFeatures)
            throw Fault($"'{name}' is {Shape(weight)}: {d} inputs and {f} features, where 1 to {MaxWidth} and 1 to {MaxFeatures} were expected; the file is damaged.");
        return new SaeMatrix(weight, featuresFirst);
    }

    /// <summary>The decoder's matrix, with as many features as the encoder.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="featuresFirst">Whether it is [f, d_out] rather than [d_out, f].</param>
    /// <param name="features">f.</param>
    /// <param name="width">d_out; null where it decides its own, as a transcoder's.</param>
    /// <exception cref="WeightFileException">It is missing, or has another shape.</exception>
    public SaeMatrix Decoder(string name, bool featuresFirst, int features, int? width)
    {
        var weight = Computable(name);
        var shape = weight.Shape.ToArray();
        long f = shape.Length == 2 ? shape[featuresFirst ? 0 : 1] : -1, d = shape.Length == 2 ? shape[featuresFirst ? 1 : 0] : -1;
        if (f != features || d != (width ?? d) || d is < 1 or > MaxWidth)
            throw Fault($"'{name}' is {Shape(weight)}, but the encoder asks for {Wanted(featuresFirst, features, width)}; the file is damaged, or of another layout.");
        return new SaeMatrix(weight, featuresFirst);
    }

    /// <summary>Decoders to several layers, summed: [f, layer, d_out].</summary>
    /// <param name="name">Their name.</param>
    /// <param name="features">f.</param>
    /// <exception cref="WeightFileException">They are missing, or have another shape.</exception>
    public SaeMatrix SummedDecoder(string name, int features)
    {
        var weight = Computable(name);
        var shape = weight.Shape.ToArray();
        if (shape.Length == 2)
            return Decoder(name, featuresFirst: true, features, null);
        if (shape.Length != 3 || shape[0] != features || shape[1] is < 1 or > 4096 || shape[2] is < 1 or > MaxWidth)
            throw Fault($"'{name}' is {Shape(weight)}, but a decoder to each of several layers was expected, [{features}, layers, outputs]; the file is damaged, or of another layout.");
        return new SaeMatrix(weight, FeaturesFirst: true);
    }

    /// <summary>A matrix of exactly this shape, for the parts that are neither encoder nor decoder.</summary>
    /// <exception cref="WeightFileException">It is missing, or has another shape.</exception>
    public Weight Matrix(string name, long rows, long columns) => Checked(Computable(name), name, [rows, columns]);

    /// <summary>A vector, widened.</summary>
    /// <exception cref="WeightFileException">It is missing, has another length, or holds what is no finite number.</exception>
    public Tensor Vector(string name, int length) => Finite(name, Checked(Numbers(name), name, [length]));

    /// <summary>A vector, widened; zeros when it is not there.</summary>
    /// <exception cref="WeightFileException">It has another length, or holds what is no finite number.</exception>
    public Tensor VectorOrZeros(string name, int length) => Has(name) ? Vector(name, length) : Tensor.Zeros(length);

    /// <summary>A vector, or one number that stands for every element.</summary>
    /// <exception cref="WeightFileException">It is missing, has another length, or holds what is no finite number.</exception>
    public Tensor VectorOrScalar(string name, int length)
    {
        if (Numbers(name).Count != 1)
            return Vector(name, length);
        var all = Tensor.Uninitialized(length);
        all.Span.Fill(Number(name));
        return all;
    }

    /// <summary>One number.</summary>
    /// <exception cref="WeightFileException">It is missing, several, or no finite number.</exception>
    public float Number(string name)
    {
        var weight = Numbers(name);
        return weight.Count == 1 ? Finite(name, weight).Span[0] : throw Fault($"'{name}' is {Shape(weight)}, where one number was expected; the file is damaged, or of another layout.");
    }

    /// <summary>A small matrix that a file has the other way round: [rows, columns] of a file's [columns, rows], copied as fp32.</summary>
    /// <exception cref="WeightFileException">It is missing, or has another shape.</exception>
    public Weight Transposed(string name, int rows, int columns)
    {
        var values = Matrix(name, columns, rows).ToTensor();
        var turned = new float[values.Length];
        for (var r = 0; r < rows; r++)
        {
            for (var c = 0; c < columns; c++)
                turned[(r * columns) + c] = values.Span[(c * rows) + r];
        }

        return Weight.FromFloats(name, turned, rows, columns);
    }

    /// <summary>The fault of arrays that cannot be used.</summary>
    public WeightFileException Fault(string fault) => new(_source.Path, fault);

    private Weight Computable(string name)
    {
        var weight = _source[name];
        return weight.DType is DType.F32 or DType.BF16 or DType.F16
            ? weight
            : throw Fault($"'{name}' is stored as {weight.DType}; only F32, BF16 and F16 can be computed with.");
    }

    private Weight Numbers(string name)
    {
        var weight = _source[name];
        return weight.DType is DType.F32 or DType.BF16 or DType.F16 or DType.F64
            ? weight
            : throw Fault($"'{name}' is stored as {weight.DType}; only F32, BF16, F16 and F64 are read.");
    }

    private Weight Checked(Weight weight, string name, ReadOnlySpan<long> wanted) => weight.Shape.SequenceEqual(wanted)
        ? weight
        : throw Fault($"'{name}' is {Shape(weight)}, but the encoder asks for [{string.Join(", ", wanted.ToArray())}]; the file is damaged, or of another layout.");

    private Tensor Finite(string name, Weight weight)
    {
        var values = weight.ToTensor();
        foreach (var value in values.Span)
        {
            if (!float.IsFinite(value))
                throw Fault($"'{name}' holds {value}, which is no number an SAE can have; the file is damaged, or its training failed.");
        }

        return values;
    }

    private static string Wanted(bool featuresFirst, int features, int? width) =>
        width is null
        ? featuresFirst ? $"[{features}, outputs]" : $"[outputs, {features}]"
        : featuresFirst ? $"[{features}, {width}]" : $"[{width}, {features}]";

    private static string Shape(Weight weight) => $"[{string.Join(", ", weight.Shape.ToArray())}]";
}
