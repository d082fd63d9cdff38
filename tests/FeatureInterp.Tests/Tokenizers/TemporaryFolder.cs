namespace FeatureInterp.Tests.Tokenizers;

/// <summary>A folder that is gone when the test is.</summary>
internal sealed class TemporaryFolder : IDisposable
{
    private readonly DirectoryInfo folder = Directory.CreateTempSubdirectory("tokenizer-");

    public string Path => folder.FullName;

    public string PathOf(string file) => System.IO.Path.Combine(folder.FullName, file);

    public string Write(string file, string text)
    {
        File.WriteAllText(PathOf(file), text);
        return PathOf(file);
    }

    public void Dispose() => folder.Delete(recursive: true);
}
