using System.Runtime.CompilerServices;

namespace FeatureInterp.Tests.Kernel.Scripting;

public class SessionMemoryTests
{
    private static readonly string Watch = $"{typeof(Unheeding).FullName}.Watch()";

    [Theory]
    [InlineData("", "var x = 1;")]
    [InlineData("x.Length", "var x = 1;")]
    [InlineData("Func<int, int> f = x => x + 1; int g(int x) => x;", "string x = \"\";")]
    [InlineData("for (var i = 0; i < x.Length; i++) { x[i] = 1; } display(x.Length);", "int x;")]
    [InlineData("record R(int x); new R(x: 1)", "double x = 0;")]
    [InlineData("await Task.Yield(); var y = x.Length; y", "var x = 2; await Task.Yield();")]
    [InlineData("", "var x = 1; Func<int> f = () => x;")]
    [InlineData("", "var x = 1; throw new Exception();")]
    public async Task Redefine_VariableNothingElseRefersTo_LetsItsOldValueGo(string between, string redefined)
    {
        var cells = new Cells();
        await cells.RunAsync($"var x = {Watch};");
        await cells.ValueAsync(between);
        Assert.True(Alive());
        await cells.RunAsync(redefined);
        await GoneAsync();
    }

    [Theory]
    [InlineData("Func<int> keep = () => x.Length;", "keep()")]
    [InlineData("int Keep() => x.Length;", "Keep()")]
    [InlineData("class K { }\nstatic int Keep(int[] a) => a.Length; Func<Func<int>> keep = () => () => x.Length;", "keep()()")]
    [InlineData("var keep = from i in Enumerable.Range(0, 1) select x.Length;", "keep.Sum()")]
    [InlineData("IEnumerable<int> Keep() { yield return x.Length; } var keep = Keep();", "keep.Sum()")]
    [InlineData("Action set = () => x = x;", "set(); (1 << 20)")]
    public async Task Redefine_VariableThatEarlierCodeRefersTo_KeepsItsValueForThatCode(string code, string use)
    {
        var cells = new Cells();
        await cells.ValueAsync($"var x = {Watch};");
        await cells.ValueAsync(code);
        await cells.ValueAsync("var x = 1;");
        Collect();
        Assert.True(Alive());
        Assert.Equal((1 << 20).ToString(System.Globalization.CultureInfo.InvariantCulture), await cells.ValueAsync(use));
        Assert.Equal("1", await cells.ValueAsync("x"));
    }

    [Fact]
    public async Task Redefine_SameCellTwice_LetsTheFirstGoBeforeTheSecondIsMade()
    {
        var cells = new Cells();
        await cells.ValueAsync($"var x = {Watch};");
        await cells.ValueAsync($"var gone = !{typeof(SessionMemoryTests).FullName}.StillThere(); var x = {Watch};");
        Assert.Equal("true", await cells.ValueAsync("gone"));
        Assert.True(Alive());
    }

    [Fact]
    public async Task Reset_Session_ForgetsEverythingAndIsUsableAtOnce()
    {
        var cells = new Cells();
        await cells.ValueAsync($"using System.Globalization; var x = {Watch}; Func<int> f = () => x.Length;");
        cells.Session.Reset();
        Assert.Empty(cells.Session.Variables);
        await GoneAsync();
        Assert.Equal("3", await cells.ValueAsync("var x = 3; x"));
        Assert.Contains("CS0103", (await cells.ErrorAsync("f()")).Message);
        Assert.Contains("CS0103", (await cells.ErrorAsync("CultureInfo.InvariantCulture")).Message);
    }

    [Fact]
    public async Task Cells_WithoutCodeBetween_KeepTheChain()
    {
        var cells = new Cells();
        await cells.ValueAsync("// nothing");
        await cells.ValueAsync("using System.Globalization;");
        await cells.ValueAsync("var x = 2;");
        await cells.ValueAsync("");
        Assert.Equal("4", await cells.ValueAsync("var y = 2; CultureInfo.InvariantCulture is null ? 0 : x + y"));
        Assert.Equal(["x", "y"], cells.Session.Variables.Select(v => v.Name));
    }

    [Fact]
    public async Task Cells_MoreThanTheFirstRoomFor_AllSeeEachOther()
    {
        var cells = new Cells();
        for (var i = 0; i < 40; i++)
            await cells.ValueAsync($"var v{i} = {i}; int F{i}() => v{i} + {(i == 0 ? "0" : $"F{i - 1}()")};");
        Assert.Equal("780", await cells.ValueAsync("F39()"));
    }

    public static bool StillThere()
    {
        Collect();
        return Alive();
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static bool Alive() => Unheeding.Watched!.IsAlive;

    private static void Collect()
    {
        GC.Collect();
        GC.WaitForPendingFinalizers();
        GC.Collect();
    }

    // A pool thread's stack may hold on to what it worked with until it works again.
    private static async Task GoneAsync()
    {
        for (var i = 0; i < 100 && Alive(); i++)
        {
            await Task.Run(static () => Thread.Sleep(10));
            Collect();
        }

        Assert.False(Alive());
    }
}
