using FeatureInterp.Models;
using FeatureInterp.Tensors;

namespace FeatureInterp.Tests.Hub;

/// <summary>A Hugging Face cache written by hand, as its documentation draws it.</summary>
internal sealed class CacheFixture : IDisposable
{
    public const string Config = """{"architectures":["Gemma2ForCausalLM"],"torch_dtype":"float32","num_hidden_layers":3,"num_attention_heads":4,"num_key_value_heads":2,"head_dim":8,"hidden_size":16}""";

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("featureinterp-cache-");

    public string Root => Path.Combine(_folder.FullName, "hub");

    public HubSettings Settings => new() { CacheFolder = Root, Endpoint = new Uri("http://127.0.0.1:9"), Offline = true };

    public string PathOf(string name) => Path.Combine(_folder.FullName, name);

    public static string CommitOf(char digit) => new(digit, 40);

    /// <summary>Adds a file to a snapshot: a blob, and a relative link to it.</summary>
    public string Add(string repository, char commit, string file, byte[] content)
    {
        var blob = Path.Combine(Root, repository, "blobs", $"{commit}{Math.Abs(file.GetHashCode(StringComparison.Ordinal)):x}");
        var link = Path.Combine(Root, repository, "snapshots", CommitOf(commit), file);
        Directory.CreateDirectory(Path.GetDirectoryName(blob)!);
        Directory.CreateDirectory(Path.GetDirectoryName(link)!);
        File.WriteAllBytes(blob, content);
        File.CreateSymbolicLink(link, Path.GetRelativePath(Path.GetDirectoryName(link)!, blob));
        return link;
    }

    public void AddRef(string repository, string revision, char commit)
    {
        var path = Path.Combine(Root, repository, "refs", revision);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllText(path, CommitOf(commit));
    }

    /// <summary>Adds a model of 6 F32 weights, whole.</summary>
    public string AddModel(string repository, char commit = 'a', string? revision = "main")
    {
        Add(repository, commit, "config.json", System.Text.Encoding.UTF8.GetBytes(Config));
        var link = Add(repository, commit, "model.safetensors", Weights());
        if (revision is not null)
            AddRef(repository, revision, commit);
        return Path.GetDirectoryName(link)!;
    }

    /// <summary>A safetensors file of one [2, 3] matrix.</summary>
    public byte[] Weights(string name = "w")
    {
        var writer = new SafetensorsWriter();
        writer.Add(name, new Tensor(new float[6], 2, 3));
        writer.Save(PathOf("weights.tmp"));
        return File.ReadAllBytes(PathOf("weights.tmp"));
    }

    public void Dispose() => _folder.Delete(recursive: true);
}
