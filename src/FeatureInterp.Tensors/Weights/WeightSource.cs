namespace FeatureInterp.Tensors;

/// <summary>
/// The arrays of one checkpoint by name, wherever they lie: in one file or in several shards. Opening maps the files and checks
/// their headers; no array is read.
/// </summary>
public abstract class WeightSource
{
    /// <summary>The file to name when the checkpoint as a whole is meant: the only file, or the index of its shards.</summary>
    public abstract string Path { get; }

    /// <summary>The name of every array, in the order of the files.</summary>
    public abstract IReadOnlyCollection<string> Names { get; }

    /// <summary>Every file the checkpoint consists of, the index included: what a fingerprint has to cover.</summary>
    public abstract IReadOnlyList<string> Files { get; }

    /// <summary>
    /// The bytes of all arrays as they are stored: the sum of elements × bytes of an element. Arrays that share their memory are
    /// counted each.
    /// </summary>
    public abstract long TotalBytes { get; }

    /// <summary>The array of this name.</summary>
    /// <param name="name">The name in the checkpoint.</param>
    /// <exception cref="WeightFileException">There is no such array; the message names the nearest.</exception>
    public Weight this[string name] => TryFind(name)
        ?? throw new WeightFileException(Path, $"there is no tensor '{name}'; the nearest name is '{NearestName.Of(name, Names)}'.");

    /// <summary>The array of this name, or null when there is none.</summary>
    /// <param name="name">The name in the checkpoint.</param>
    public abstract Weight? TryFind(string name);

    /// <summary>The file an array lies in, for messages; <see cref="Path"/> for a name that is not there.</summary>
    /// <param name="name">The name in the checkpoint.</param>
    public abstract string PathOf(string name);

    /// <summary>One safetensors file as a checkpoint.</summary>
    /// <param name="file">The file.</param>
    public static WeightSource Of(SafetensorsFile file) => new FileWeights(file.Path, file.Weights);

    /// <summary>The arrays of one NumPy archive as a checkpoint.</summary>
    /// <param name="file">The file.</param>
    public static WeightSource Of(NpzFile file) => new FileWeights(file.Path, file.Weights);

    /// <summary>The tensors of one file of torch.save as a checkpoint.</summary>
    /// <param name="file">The file.</param>
    public static WeightSource Of(TorchFile file) => new FileWeights(file.Path, file.Weights);

    /// <summary>
    /// The checkpoint of a model's folder: the first there is of <c>model.safetensors</c>, <c>model.safetensors.index.json</c> with its
    /// shards, <c>pytorch_model.bin</c>, and <c>pytorch_model.bin.index.json</c> with its shards.
    /// </summary>
    /// <param name="folder">The folder.</param>
    /// <exception cref="WeightFileException">None of these is there (the message lists them), or the one there is cannot be used.</exception>
    public static WeightSource OpenFolder(string folder)
    {
        if (!Directory.Exists(folder))
            throw new WeightFileException(folder, "there is no such folder; check the path.");
        foreach (var name in CheckpointFiles)
        {
            var path = System.IO.Path.Combine(folder, name);
            if (File.Exists(path))
                return OpenFile(path);
        }

        throw new WeightFileException(folder, $"the folder has no weights; one of {string.Join(", ", CheckpointFiles)} was looked for: is it the right folder, or was its download broken off?");
    }

    private static readonly string[] CheckpointFiles =
        ["model.safetensors", "model.safetensors.index.json", "pytorch_model.bin", "pytorch_model.bin.index.json"];

    private static WeightSource OpenFile(string path) => System.IO.Path.GetFileName(path) switch
    {
        "model.safetensors" => Of(SafetensorsFile.Open(path)),
        "pytorch_model.bin" => Of(TorchFile.Open(path)),
        "pytorch_model.bin.index.json" => ShardedWeights.Open(path, shard => TorchFile.Open(shard).Weights),
        _ => ShardedWeights.Open(path, shard => SafetensorsFile.Open(shard).Weights),
    };
}
