namespace FeatureInterp.Tests.Kernel.Scripting;

public class CellErrorTests
{
    [Fact]
    public async Task CompileError_InTheMiddle_GivesLineColumnSourceAndCaret()
    {
        var error = await new Cells().ErrorAsync("var a = 1;\n\n   int b = \"text\";\na");
        Assert.Equal("CompilationError", error.Name);
        Assert.StartsWith("CS0029", error.Message);
        Assert.StartsWith("cell 1, line 3, column 12: error CS0029:", error.Traceback[0]);
        Assert.Equal("       int b = \"text\";", error.Traceback[1]);
        Assert.Equal(error.Traceback[1].IndexOf('"', StringComparison.Ordinal), error.Traceback[2].IndexOf('^', StringComparison.Ordinal));
    }

    [Fact]
    public async Task CompileError_LeavesEarlierVariables()
    {
        var cells = new Cells();
        await cells.ValueAsync("var a = 5;");
        await cells.ErrorAsync("nonsense(");
        Assert.Equal("5", await cells.ValueAsync("a"));
    }

    [Fact]
    public async Task CompileErrors_Many_AreCounted()
    {
        var error = await new Cells().ErrorAsync(string.Join('\n', Enumerable.Range(0, 30).Select(i => $"unknown{i}();")));
        Assert.Contains("20 more errors", error.Traceback[^1]);
    }

    [Fact]
    public async Task Exception_InAMethodOfAnEarlierCell_PointsAtBothCells()
    {
        var cells = new Cells();
        await cells.ValueAsync("int Third(int[] a)\n{\n    return a[2];\n}");
        var error = await cells.ErrorAsync("// nothing\n\nThird(new int[1])");
        Assert.Equal("IndexOutOfRangeException", error.Name);
        Assert.Equal($"IndexOutOfRangeException: {error.Message}", error.Traceback[0]);
        Assert.Equal(["  at Third, cell 1, line 3", "        return a[2];", "  at cell 2, line 3", "    Third(new int[1])"], error.Traceback.Skip(1));
    }

    [Fact]
    public async Task Exception_AfterAnAwait_PointsAtItsLine()
    {
        var error = await new Cells().ErrorAsync("await Task.Delay(1);\n\nawait Task.Run(() => { throw new InvalidOperationException(\"late\"); });");
        Assert.Equal(("InvalidOperationException", "late"), (error.Name, error.Message));
        Assert.Contains("  at cell 1, line 3", error.Traceback);
    }

    [Fact]
    public async Task Exception_WithCauses_NamesThem()
    {
        var error = await new Cells().ErrorAsync("throw new AggregateException(new Exception(\"outer\", new FormatException(\"inner\")));");
        Assert.Equal(("Exception", "outer"), (error.Name, error.Message));
        Assert.Contains("  caused by FormatException: inner", error.Traceback);
    }

    [Fact]
    public async Task Exception_WhoseMessageThrows_IsStillAnError()
    {
        var error = await new Cells().ErrorAsync("class Bad : Exception { public override string Message => throw new Exception(); }\nthrow new Bad();");
        Assert.Equal("Bad", error.Name);
        Assert.Contains("could not be read", error.Message);
    }

    [Fact]
    public async Task Exception_KeepsWhatTheCellAssignedBefore()
    {
        var cells = new Cells();
        await cells.ErrorAsync("var a = 7;\nthrow new Exception(\"x\");");
        Assert.Equal("7", await cells.ValueAsync("a"));
    }

    [Fact]
    public async Task OperationCanceled_WithoutACancel_IsAnOrdinaryError() =>
        Assert.Equal("OperationCanceledException", (await new Cells().ErrorAsync("throw new OperationCanceledException();")).Name);
}
