using FeatureInterp.Kernel.Jupyter;
using FeatureInterp.Tests.Tokenizers;

namespace FeatureInterp.Tests.Kernel.Jupyter;

public sealed class CrashNotesTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    private string Connection => _folder.PathOf("kernel-1.json");

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void CellThatEnds_LeavesNothing()
    {
        var notes = new CrashNotes(Connection);
        using (notes.Begin("cell 1", "1"))
            Assert.Single(Files());
        Assert.Empty(Files());
        Assert.Null(new CrashNotes(Connection).Report);
    }

    [Fact]
    public void ProcessThatEndsInACell_IsToldOnceByTheNext()
    {
        new CrashNotes(Connection).Begin("cell 7", "\n  int F(int n) => F(n + 1);\nF(0)");
        var next = new CrashNotes(Connection);
        Assert.Contains("cell 7", next.Report);
        Assert.Contains("int F(int n) => F(n + 1);", next.Report);
        Assert.Contains("stack overflow", next.Report);
        Assert.Equal(next.Report, next.TakeReport());
        Assert.Null(next.TakeReport());
        Assert.NotNull(next.Report);
        Assert.Empty(Files());
        Assert.Null(new CrashNotes(Connection).Report);
    }

    [Fact]
    public void KnownReason_StandsInPlaceOfTheGuess()
    {
        var notes = new CrashNotes(Connection);
        Assert.Null(notes.Explain("no cell runs"));
        notes.Begin("cell 2", "Environment.Exit(3)");
        Assert.Equal("cell 2", notes.Explain("it called Environment.Exit"));
        var report = new CrashNotes(Connection).Report;
        Assert.Contains("it called Environment.Exit", report);
        Assert.DoesNotContain("overflow", report);
    }

    [Fact]
    public void ShutdownInTheMiddleOfACell_IsNoCrash()
    {
        var notes = new CrashNotes(Connection);
        notes.Begin("cell 2", "while (true) { }");
        notes.Close();
        Assert.Null(new CrashNotes(Connection).Report);
    }

    [Theory]
    [InlineData("")]
    [InlineData("{")]
    [InlineData("[1]")]
    [InlineData("{\"cell\":5}")]
    public void NoteThatIsNone_IsNotTold(string content)
    {
        File.WriteAllText(Connection + ".cell", content);
        Assert.Null(new CrashNotes(Connection).Report);
        Assert.Empty(Files());
    }

    [Fact]
    public void HugeNoteOrFolderThatIsGone_HindersNothing()
    {
        File.WriteAllText(Connection + ".cell", new string('x', 1_000_000));
        Assert.Null(new CrashNotes(Connection).Report);
        using var cell = new CrashNotes(_folder.PathOf("gone/kernel.json")).Begin("cell 1", "1");
        Assert.NotNull(cell);
    }

    [Fact]
    public async Task FirstCellOfTheNextKernel_IsToldOnItsErrorStream()
    {
        new CrashNotes(Connection).Begin("cell 3", "Crash()");
        using var rig = new Rig(watch: new CrashNotes(Connection));
        Assert.Contains("cell 3", (string)(await rig.AskAsync("kernel_info_request")).Reply.Content["banner"]!);
        await rig.ExecuteAsync("first");
        Assert.Contains("cell 3", rig.Outlet.Stream("stderr"));
        var told = rig.Outlet.Stream("stderr").Length;
        await rig.ExecuteAsync("second");
        Assert.Equal(told, rig.Outlet.Stream("stderr").Length);
    }

    private string[] Files() => Directory.GetFiles(_folder.PathOf("."));
}
