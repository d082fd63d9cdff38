using FeatureInterp.Tensors;

namespace FeatureInterp.Saes;

/// <summary>
/// A checkpoint: everything a training needs to go on to the same bits, in one safetensors file. It is written under a temporary name and then renamed, so that a file of
/// its own name is always whole.
/// </summary>
internal sealed class TrainingState
{
    private const string Prefix = "checkpoint-";
    private const string Suffix = ".safetensors";

    private readonly SafetensorsWriter? _writer;
    private readonly SafetensorsFile? _file;

    private TrainingState(SafetensorsWriter? writer, SafetensorsFile? file) => (_writer, _file) = (writer, file);

    /// <summary>The latest checkpoint of a folder, or null.</summary>
    public static string? Latest(string folder) => Directory.Exists(folder)
        ? Directory.EnumerateFiles(folder, Prefix + "*" + Suffix).Order(StringComparer.Ordinal).LastOrDefault()
        : null;

    /// <summary>Writes the checkpoint of a step, and removes those before it.</summary>
    public static void Write(string folder, long step, Action<TrainingState> save, string recipe)
    {
        var writer = new SafetensorsWriter();
        writer.AddMetadata("featureinterp.recipe", recipe);
        save(new TrainingState(writer, null));
        var path = Path.Combine(folder, $"{Prefix}{step:D10}{Suffix}");
        writer.Save(path);
        foreach (var older in Directory.EnumerateFiles(folder, Prefix + "*" + Suffix).Where(f => !string.Equals(Path.GetFileName(f), Path.GetFileName(path), StringComparison.Ordinal)).ToArray())
            Remove(older);
    }

    /// <summary>Opens a checkpoint of the same training.</summary>
    /// <exception cref="SaeException">It is of another training.</exception>
    /// <exception cref="WeightFileException">The file is damaged.</exception>
    public static TrainingState Open(string path, string recipe)
    {
        var file = SafetensorsFile.Open(path);
        if (!file.Metadata.TryGetValue("featureinterp.recipe", out var found) || !string.Equals(found, recipe, StringComparison.Ordinal))
            throw new SaeException($"{path} is the checkpoint of a training with other options or on other activations; give those, or another folder. Its own: {found ?? "not given"}.");
        return new TrainingState(null, file);
    }

    public void Add(string name, Tensor tensor) => _writer!.Add(name, tensor);

    public void Add(string name, long[] values) => _writer!.Add(name, values);

    /// <summary>A copy of an array that must have this shape.</summary>
    public Tensor Tensor(string name, params ReadOnlySpan<int> shape)
    {
        var tensor = _file![name].ToTensor();
        return tensor.Shape.SequenceEqual(shape) ? tensor : throw Fault($"'{name}' is {tensor}, not {FeatureInterp.Tensors.Tensor.Format(shape)}");
    }

    /// <summary>A list of integers that must have this length.</summary>
    public long[] Integers(string name, int length)
    {
        var weight = _file![name];
        return weight.DType == DType.I64 && weight.Count == length ? weight.ToInt64() : throw Fault($"'{name}' is {weight}, not I64 [{length}]");
    }

    public SaeException Fault(string what) => new($"{_file!.Path}: {what}; the checkpoint is damaged, remove it and train again.");

    private static void Remove(string path)
    {
        try
        {
            File.Delete(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // Some systems keep a file that is still mapped; it is older than the one just written, so it is never read again.
        }
    }
}
