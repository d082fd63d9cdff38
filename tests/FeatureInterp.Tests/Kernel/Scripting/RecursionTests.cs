namespace FeatureInterp.Tests.Kernel.Scripting;

/// <summary>A recursion without end is an error of its cell and not the end of the process, with which all variables would go.</summary>
public class RecursionTests
{
    [Theory]
    [InlineData("int Deep(int n) => Deep(n + 1) + 1;\nDeep(0)")]
    [InlineData("int Deep(int n) { return Deep(n + 1) + 1; }\nDeep(0)")]
    [InlineData("Func<int, int> deep = null; deep = n => deep(n + 1) + 1;\ndeep(0)")]
    [InlineData("class C { public int Deep { get { return Deep + 1; } } }\nnew C().Deep")]
    [InlineData("class C { public C Inner; public C() { Inner = new C(); } }\nnew C()")]
    [InlineData("int A(int n) => B(n) + 1; int B(int n) => A(n) + 1;\nA(0)")]
    [InlineData("int Wide(Span<byte> above) { Span<byte> room = stackalloc byte[2000]; room[0] = 1; return Wide(room) + above[0]; }\nWide(default)")]
    public async Task Recursion_WithoutEnd_FailsAndKeepsVariables(string code)
    {
        var cells = new Cells();
        await cells.ValueAsync("var kept = 42;");
        var error = await cells.ErrorAsync(code);
        Assert.Equal("InsufficientExecutionStackException", error.Name);
        Assert.Contains("recursion that does not end", error.Message, StringComparison.Ordinal);
        Assert.Equal("42", await cells.ValueAsync("kept"));
    }

    [Fact]
    public async Task Recursion_ThatIsDeepButEnds_Runs() =>
        Assert.Equal("50000", await new Cells().ValueAsync("int Depth(int n) => n == 0 ? 0 : Depth(n - 1) + 1;\nDepth(50_000)"));
}
