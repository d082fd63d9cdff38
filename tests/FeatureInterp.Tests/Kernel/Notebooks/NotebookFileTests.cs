using FeatureInterp.Kernel.Notebooks;

namespace FeatureInterp.Tests.Kernel.Notebooks;

public sealed class NotebookFileTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("featureinterp-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void Load_Dib_ReadsIt()
    {
        var path = Path.Combine(_folder, "a.dib");
        File.WriteAllText(path, "\uFEFF#!csharp\r\n1\r\n");
        Assert.Equal("1", NotebookFile.Load(path).Cells.Single().Source);
    }

    [Fact]
    public void Load_MissingFile_NamesItsNeighbours()
    {
        File.WriteAllText(Path.Combine(_folder, "there.dib"), "1");
        Assert.Contains("there.dib", Error("missing.dib"));
    }

    [Fact]
    public void Load_MissingFolder_SaysSo() => Assert.Contains("nor a folder", Error(Path.Combine("nowhere", "missing.dib")));

    [Fact]
    public void Load_Folder_SaysSo() => Assert.Contains("is a folder", Error("."));

    [Fact]
    public void Load_OtherExtension_SaysWhatIsWanted()
    {
        File.WriteAllText(Path.Combine(_folder, "a.txt"), "x");
        Assert.Contains("wanted '.dib' or '.ipynb'", Error("a.txt"));
    }

    [Fact]
    public void Load_NotUtf8_SaysWhere()
    {
        File.WriteAllBytes(Path.Combine(_folder, "a.dib"), [65, 66, 0xFF, 0xFE]);
        Assert.Contains("not UTF-8", Error("a.dib"));
    }

    [Fact]
    public void Load_Binary_SaysSo()
    {
        File.WriteAllBytes(Path.Combine(_folder, "a.dib"), [65, 0, 66]);
        Assert.Contains("not text", Error("a.dib"));
    }

    [Fact]
    public void Load_HugeFile_IsRefusedUnread()
    {
        using (var file = File.Create(Path.Combine(_folder, "a.dib")))
            file.SetLength(NotebookFile.MaxBytes + 1);
        Assert.Contains("at most", Error("a.dib"));
    }

    private string Error(string name) => Assert.Throws<NotebookException>(() => NotebookFile.Load(Path.Combine(_folder, name))).Message;
}
