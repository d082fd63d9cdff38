using System.IO.Compression;
using System.Text.Json;
using FeatureInterp.Models;

namespace FeatureInterp.Tests.Tokenizers;

/// <summary>Tokenizers and what the reference library says of them, from the shared folder.</summary>
internal static class TokenizerGoldens
{
    private static readonly Lock Loading = new();
    private static readonly Dictionary<string, Tokenizer> Loaded = new(StringComparer.Ordinal);

    public static void SkipUnlessThere() => Assert.SkipUnless(Repository.Shared is not null, "the shared goldens are not here");

    public static JsonElement Read(string file)
    {
        using var document = JsonDocument.Parse(File.ReadAllBytes(PathOf(file)));
        return document.RootElement.Clone();
    }

    /// <summary>A text from the corpus that <c>slice.json</c> names.</summary>
    public static string Corpus(string file, int from, int to)
    {
        using var stream = File.OpenRead(Path.Combine(Repository.Shared!, "data", "corpora", file));
        stream.Position = from;
        var bytes = new byte[to - from];
        stream.ReadExactly(bytes);
        return System.Text.Encoding.UTF8.GetString(bytes);
    }

    public static Tokenizer Tokenizer(string name)
    {
        lock (Loading)
        {
            if (!Loaded.TryGetValue(name, out var tokenizer))
                Loaded[name] = tokenizer = Load(PathOf(Path.Combine(name, "tokenizer.json")));
            return tokenizer;
        }
    }

    /// <summary>The file itself.</summary>
    public static System.Text.Json.Nodes.JsonObject Json(string name)
    {
        var file = PathOf(Path.Combine(name, "tokenizer.json"));
        using Stream stream = File.Exists(file) ? File.OpenRead(file) : new GZipStream(File.OpenRead(file + ".gz"), CompressionMode.Decompress);
        return System.Text.Json.Nodes.JsonNode.Parse(stream)!.AsObject();
    }

    private static Tokenizer Load(string file)
    {
        if (File.Exists(file))
            return Models.Tokenizer.Load(file);
        using var folder = new TemporaryFolder();
        var unpacked = folder.PathOf("tokenizer.json");
        using (var packed = new GZipStream(File.OpenRead(file + ".gz"), CompressionMode.Decompress))
        using (var plain = File.Create(unpacked))
            packed.CopyTo(plain);
        return Models.Tokenizer.Load(unpacked);
    }

    private static string PathOf(string file) => Path.Combine(Repository.Shared!, "goldens", "tokenizers", file);
}
