using FeatureInterp.Tensors;

namespace FeatureInterp.Models;

/// <summary>How a checkpoint's arrays differ from Hugging Face's.</summary>
/// <param name="GainsIncludeOne">Whether Gemma's gains are stored as they are, not as their difference from one: GGUF.</param>
/// <param name="RotaryPairsTogether">
/// Whether the rows of W_Q and W_K that rotary positions turn as a pair lie side by side in each head: Llama's in GGUF. Hugging
/// Face and TransformerLens pair row i with row i + d_head / 2.
/// </param>
/// <param name="OutputFirst">Whether GPT-2's matrices are [out, in], as everyone else's: GGUF.</param>
/// <param name="QkvSideBySide">Whether GPT-NeoX's rows of q come first, then those of k and of v, not head by head: GGUF.</param>
internal sealed record CheckpointForm(bool GainsIncludeOne = false, bool RotaryPairsTogether = false, bool OutputFirst = false, bool QkvSideBySide = false);

/// <summary>
/// A checkpoint's arrays, each checked against the shape the configuration implies. Whatever is missing, of another shape or left
/// over is collected, so that one message names all of it; see <see cref="Finish"/>.
/// </summary>
internal sealed class CheckpointReader(WeightSource source, CheckpointForm form)
{
    private const int MaxNamed = 12;

    private readonly HashSet<string> _read = new(StringComparer.Ordinal);
    private readonly List<string> _ignored = [];
    private readonly List<string> _faults = [];

    /// <summary>How the arrays differ from Hugging Face's.</summary>
    public CheckpointForm Form => form;

    /// <summary>Whether an array is there.</summary>
    public bool Has(string name) => source.TryFind(name) is not null;

    /// <summary>Array names may end so without being used: masks and tables that old files carry along.</summary>
    public void Ignore(params ReadOnlySpan<string> endings) => _ignored.AddRange(endings);

    /// <summary>A matrix, left in the file.</summary>
    public Weight Matrix(string name, int rows, int columns) => Checked(name, [rows, columns]);

    /// <summary>A gain or bias, widened to fp32.</summary>
    public Tensor Vector(string name, int length) => Checked(name, [length]) is { Count: > 0 } found ? found.ToTensor() : Tensor.Zeros(length);

    /// <summary>A linear layer as Hugging Face stores it, <c>name.weight</c> [outputs, inputs] and <c>name.bias</c>.</summary>
    public LinearMap Linear(string name, int outputs, int inputs, bool hasBias = false) =>
        new(Matrix(name + ".weight", outputs, inputs), hasBias ? Vector(name + ".bias", outputs) : null);

    /// <summary>A linear layer stored the other way round, [inputs, outputs].</summary>
    public LinearMap InputFirst(string name, int inputs, int outputs, Tensor? bias) => form.OutputFirst
        ? new LinearMap(Matrix(name, outputs, inputs), bias)
        : new LinearMap(Matrix(name, inputs, outputs), bias, inputFirst: true);

    /// <summary>W_Q or W_K of a model with rotary positions, whose rows the file may have in another order.</summary>
    public LinearMap Rotated(string name, int outputs, int inputs, int headDim, bool hasBias)
    {
        var map = Linear(name, outputs, inputs, hasBias);
        if (!form.RotaryPairsTogether)
            return map;
        var order = new int[outputs];
        for (var j = 0; j < outputs; j++)
            order[j] = j - j % headDim + j % headDim % (headDim / 2) * 2 + j % headDim / (headDim / 2);
        return map.Pick(order);
    }

    /// <summary>Says what did not fit, all at once.</summary>
    /// <exception cref="WeightFileException">An array is missing, has another shape or type, or is none of this architecture's.</exception>
    public void Finish()
    {
        var left = source.Names.Where(n => !_read.Contains(n) && !_ignored.Exists(i => n.EndsWith(i, StringComparison.Ordinal))).ToArray();
        if (left.Length > 0)
            _faults.Add($"{Several(left.Length, "array")} that the configuration does not ask for: {Listed(left.Select(n => $"'{n}' {Format(source[n].Shape)}"), left.Length)}");
        if (_faults.Count > 0)
            throw new WeightFileException(source.Path, $"the weights do not fit config.json: {Listed(_faults, _faults.Count, "; ")}. Do the two belong together?");
    }

    private static string Several(int count, string what) => count == 1 ? $"there is one {what}" : $"there are {count} {what}s";

    private static string Listed(IEnumerable<string> all, int count, string separator = ", ") =>
        string.Join(separator, all.Take(MaxNamed)) + (count > MaxNamed ? $" and {count - MaxNamed} more" : "");

    private Weight Checked(string name, ReadOnlySpan<long> wanted)
    {
        _read.Add(name);
        if (source.TryFind(name) is not { } weight)
            return Fault($"'{name}' {Format(wanted)} is missing", wanted);
        if (!weight.Shape.SequenceEqual(wanted))
            return Fault($"'{name}' is {Format(weight.Shape)}, but config.json asks for {Format(wanted)}", wanted);
        return weight.DType is DType.F32 or DType.BF16 or DType.F16 || weight.DType.IsQuantized()
            ? weight
            : Fault($"'{name}' is stored as {weight.DType}; only floating-point and quantised weights can be computed with", wanted);
    }

    // Something of no elements stands in until Finish throws.
    private Weight Fault(string fault, ReadOnlySpan<long> wanted)
    {
        _faults.Add(fault);
        return Weight.FromFloats("", [], wanted.Length == 1 ? [0] : [0, wanted[1]]);
    }

    private static string Format(ReadOnlySpan<long> shape) => "[" + string.Join(", ", shape.ToArray()) + "]";
}
