using System.Text;

namespace FeatureInterp.Tests.Kernel.Scripting.Packages;

public class PackageTests
{
    private const string UseFeed = "#i \"nuget:feed\"\n";

    [Fact]
    public async Task Package_WithADependency_IsUsedAndTheVersionShown()
    {
        var below = LocalFeed.Compile("FiTest.Below", "2.1.0", "namespace FiTest; public static class Below { public static int Twenty => 20; }");
        var feed = new LocalFeed()
            .Add("FiTest.Below", "2.1.0", [("lib/netstandard2.0/FiTest.Below.dll", below)])
            .Add("FiTest.Above", "1.0.0", [("lib/netstandard2.0/FiTest.Above.dll", LocalFeed.Compile("FiTest.Above", "1.0.0", "namespace FiTest; public static class Above { public static int FortyTwo => 2 * Below.Twenty + 2; }", below))], ("FiTest.Below", "2.0.0"));
        var cells = new Cells(feed.Folder);
        Assert.Equal("42", await cells.ValueAsync(UseFeed + "#r \"nuget: FiTest.Above, 1.0.0\"\nusing FiTest;\nAbove.FortyTwo"));
        Assert.Equal("Restoring FiTest.Above 1.0.0…", cells.Displays.Single().Data.PlainText);
        var installed = cells.Updates.Single();
        Assert.Equal(cells.Displays.Single().Id, installed.Id);
        Assert.Equal("Installed Packages: FiTest.Above, 1.0.0", installed.Data.PlainText);
        Assert.Contains("<li>FiTest.Above, 1.0.0</li>", installed.Data.Items["text/html"]);
        Assert.Equal("20", await cells.ValueAsync("Below.Twenty"));

        // Another session of the same folder finds what was restored without restoring, even without the feed's files.
        Directory.GetFiles(feed.Feed).ToList().ForEach(File.Delete);
        var again = new Cells(feed.Folder);
        Assert.Equal("42", await again.ValueAsync(UseFeed + "#r \"nuget: FiTest.Above, 1.0.0\"\nFiTest.Above.FortyTwo"));
        Assert.StartsWith("Installed Packages", again.Displays.Single().Data.PlainText);
        Assert.Empty(again.Updates);
    }

    [Fact]
    public async Task Package_SecondVersion_IsRefusedAndTheSameOneIsNot()
    {
        var feed = new LocalFeed()
            .AddCode("FiTest.Twice", "1.0.0", "public static class FiTwice { public static int One => 1; }")
            .AddCode("FiTest.Twice", "1.5.0", "public static class FiTwice { public static int One => 15; }");
        var cells = new Cells(feed.Folder);
        Assert.Equal("15", await cells.ValueAsync(UseFeed + "#r \"nuget:FiTest.Twice\"\nFiTwice.One"));
        Assert.Equal("15", await cells.ValueAsync("#r \"nuget: fitest.twice, 1.5.0\"\n#r \"nuget: FiTest.Twice, *\"\nFiTwice.One"));
        var error = await cells.ErrorAsync("var a = 1;\n#r \"nuget: FiTest.Twice, 1.0.0\"");
        Assert.Equal("PackageError", error.Name);
        Assert.Contains("already uses FiTest.Twice 1.5.0", error.Message);
        Assert.StartsWith("cell 3, line 2:", error.Traceback[0]);
        Assert.Equal("15", await cells.ValueAsync("FiTwice.One"));
    }

    [Fact]
    public async Task Package_Prerelease_IsFoundWhenAskedFor()
    {
        var feed = new LocalFeed().AddCode("FiTest.Early", "1.0.0", "public static class FiEarly { public static string It => \"stable\"; }");
        feed.Add("FiTest.Early", "2.0.0-beta.1", [("lib/netstandard2.0/FiTest.Early.dll", LocalFeed.Compile("FiTest.Early", "2.0.0", "public static class FiEarly { public static string It => \"beta\"; }"))]);
        Assert.Equal("beta", await new Cells(feed.Folder).ValueAsync(UseFeed + "#r \"nuget: FiTest.Early, *-*\"\nFiEarly.It"));
    }

    [Fact]
    public async Task Package_Unknown_NamesItTheVersionAndTheFeedsButNoSecret()
    {
        var feed = new LocalFeed();
        var cells = new Cells(feed.Folder);
        var error = await cells.ErrorAsync(UseFeed + "#r \"nuget: FiTest.NoSuch, 3.2.1\"\n1");
        Assert.Equal("PackageError", error.Name);
        Assert.Contains("FiTest.NoSuch 3.2.1 could not be restored", error.Message);
        Assert.Contains("NU1101", error.Message);
        Assert.Contains(feed.Feed, error.Message);
        Assert.DoesNotContain('\n', error.Message);
        Assert.StartsWith("cell 1, line 2:", error.Traceback[0]);
        Assert.Equal("2", await cells.ValueAsync("1 + 1"));
    }

    [Fact]
    public async Task Package_OfTheHost_NeedsNoRestore()
    {
        var cells = new Cells(new LocalFeed().Folder);
        Assert.Equal("FeatureInterp.Tensors", await cells.ValueAsync("#r \"nuget: FeatureInterp.Analysis\"\n#r \"nuget: Microsoft.DotNet.Interactive.Formatting, *-*\"\ntypeof(FeatureInterp.Tensors.Tensor).Assembly.GetName().Name"));
        Assert.All(cells.Displays, d => Assert.Contains("nothing is restored", d.Data.PlainText));
        Assert.Equal(2, cells.Displays.Count);
    }

    [Fact]
    public async Task Package_WithACopyOfAHostAssembly_UsesTheHosts()
    {
        var old = LocalFeed.Compile("YamlDotNet", "1.0.0", "public class Impostor { }");
        var feed = new LocalFeed().Add("FiTest.Copies", "1.0.0", [("lib/netstandard2.0/YamlDotNet.dll", old)]);
        var cells = new Cells(feed.Folder);
        Assert.Equal("true", await cells.ValueAsync(UseFeed + "#r \"nuget: FiTest.Copies, 1.0.0\"\n" + $"typeof(YamlDotNet.Core.Parser).Assembly == {typeof(PackageTests).FullName}.Yaml"));
        Assert.Matches(@"own assemblies are used.*YamlDotNet [0-9.]+, not 1\.0\.0\.0", cells.Updates.Single().Data.PlainText!.ReplaceLineEndings(" "));
        await cells.ErrorAsync("new Impostor()");
    }

    [Fact]
    public async Task Package_WithANativeLibrary_FindsIt()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "The test's native library is Linux's.");
        var native = await File.ReadAllBytesAsync(Path.Combine(Path.GetDirectoryName(typeof(object).Assembly.Location)!, "libSystem.Native.so"));
        var code = LocalFeed.Compile("FiTest.Native", "1.0.0", "public static class FiNative { [System.Runtime.InteropServices.DllImport(\"fitest_native\", EntryPoint = \"SystemNative_GetPid\")] public static extern int Pid(); }");
        var machine = FeatureInterp.Kernel.Scripting.Packages.PackageProject.Machine;
        var feed = new LocalFeed().Add("FiTest.Native", "1.0.0", [("lib/netstandard2.0/FiTest.Native.dll", code), ($"runtimes/{machine}/native/libfitest_native.so", native)]);
        Assert.Equal(Environment.ProcessId.ToString(), await new Cells(feed.Folder).ValueAsync(UseFeed + "#r \"nuget: FiTest.Native, 1.0.0\"\nFiNative.Pid()"));
    }

    [Fact]
    public async Task Package_WithAnExtension_RunsTheScriptAndTellsOfTheAssembly()
    {
        var feed = new LocalFeed().Add("FiTest.Extends", "1.0.0",
        [
            ("lib/netstandard2.0/FiTest.Extends.dll", LocalFeed.Compile("FiTest.Extends", "1.0.0", "public static class FiExtends { public static int Loaded; }")),
            ("interactive-extensions/dotnet/extension.dib", Encoding.UTF8.GetBytes("#!csharp\n\nFiExtends.Loaded = 42;\nvar fromExtension = \"here\";\n")),
            ("interactive-extensions/dotnet/FiTest.Old.dll", LocalFeed.Compile("FiTest.Old", "1.0.0", "public class Old { }")),
        ]);
        var cells = new Cells(feed.Folder);
        Assert.Equal("42 here", await cells.ValueAsync(UseFeed + "#r \"nuget: FiTest.Extends, 1.0.0\"\nFiExtends.Loaded + \" \" + fromExtension"));
        Assert.Contains("FiTest.Old.dll", cells.Displays.Last().Data.PlainText);
        Assert.Contains("IKernelExtension", cells.Displays.Last().Data.PlainText);
    }

    [Fact]
    public async Task Package_RestoreStopped_EndsTheCell()
    {
        var feed = new LocalFeed().AddCode("FiTest.Slow", "1.0.0", "public class Slow { }");
        var cells = new Cells(feed.Folder);
        using var source = new CancellationTokenSource();
        var running = cells.RunAsync(UseFeed + "#r \"nuget: FiTest.Slow, 1.0.0\"\nConsole.Write(1);", source.Token);
        while (cells.Displays.IsEmpty && !running.IsCompleted)
            await Task.Delay(5);
        await source.CancelAsync();
        Assert.Equal(FeatureInterp.Kernel.Scripting.CellStatus.Cancelled, (await running.WaitAsync(TimeSpan.FromSeconds(60))).Status);
        Assert.Empty(cells.Streams);
        Assert.Empty(cells.Updates);
    }

    [Theory]
    [InlineData("#r \"nuget:\"", "is not the id of a package")]
    [InlineData("#r \"nuget: a/../b, 1.0\"", "is not the id of a package")]
    [InlineData("#r \"nuget: A, <x>\"", "is not a version of A")]
    [InlineData("#r \"nuget: A,\"", "is not a version of A")]
    [InlineData("#i \"nuget:\"", "names no feed")]
    [InlineData("#i \"nuget:no/such/folder\"", "There is no folder")]
    public async Task MalformedLine_IsOneSentence(string line, string message)
    {
        var error = await new Cells(new LocalFeed().Folder).ErrorAsync("1\n" + line);
        Assert.Equal("PackageError", error.Name);
        Assert.Contains(message, error.Message);
        Assert.StartsWith("cell 1, line 2:", error.Traceback[0]);
    }

    public static System.Reflection.Assembly Yaml => typeof(YamlDotNet.Core.Parser).Assembly;
}
