using System.IO.Compression;
using System.Text;
using System.Text.Json.Nodes;
using System.Xml.Linq;
using FeatureInterp.Kernel.Jupyter;
using FeatureInterp.Kernel.Runner;
using FeatureInterp.Tests.Tokenizers;

namespace FeatureInterp.Tests.Kernel.Jupyter;

public sealed class KernelSpecTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    private string Spec => _folder.PathOf("share/jupyter/kernels/.net-csharp");

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task InstallAndUninstall_ByCommandLine_LeaveTheFolderAsItWas()
    {
        var (code, output, error) = await Cli.RunAsync("install", "--prefix", _folder.PathOf("."));
        Assert.Equal((ExitCode.Success, ""), (code, error));
        Assert.Contains(Path.GetFullPath(Spec), output);
        Assert.Contains("featureinterp uninstall", output);
        var json = (JsonObject)JsonNode.Parse(File.ReadAllText(Path.Combine(Spec, "kernel.json")))!;
        Assert.Equal((".NET (C#)", "C#", "message"), ((string)json["display_name"]!, (string)json["language"]!, (string)json["interrupt_mode"]!));
        var start = json["argv"]!.AsArray().Select(a => (string)a!).ToArray();
        Assert.Equal(["kernel", "{connection_file}"], start[^2..]);
        Assert.All(start[..^2], f => Assert.True(Path.IsPathFullyQualified(f) && File.Exists(f), f));
        Assert.Equal(["kernel.json", "logo-32x32.png", "logo-64x64.png", "logo-svg.svg"], Directory.GetFiles(Spec).Select(f => Path.GetFileName(f)!).Order(StringComparer.Ordinal));

        (code, output, _) = await Cli.RunAsync("uninstall", "--prefix", _folder.PathOf("."));
        Assert.Equal(ExitCode.Success, code);
        Assert.Contains(Path.GetFullPath(Spec), output);
        Assert.False(Directory.Exists(Spec));
    }

    [Fact]
    public void Install_OverItsOwn_ReplacesIt()
    {
        KernelSpec.Install(Spec, ["/old"], force: false);
        File.WriteAllText(Path.Combine(Spec, "kernel.js"), "someone's");
        KernelSpec.Install(Spec, ["/usr/bin/dotnet", "/new/featureinterp.dll"], force: false);
        var argv = JsonNode.Parse(File.ReadAllText(Path.Combine(Spec, "kernel.json")))!["argv"]!.AsArray().Select(a => (string)a!);
        Assert.Equal(["/usr/bin/dotnet", "/new/featureinterp.dll", "kernel", "{connection_file}"], argv);
        KernelSpec.Uninstall(Spec);
        Assert.Equal(["kernel.js"], Directory.GetFiles(Spec).Select(f => Path.GetFileName(f)!));
    }

    [Theory]
    [InlineData("{\"argv\":[\"dotnet\",\"interactive\"],\"display_name\":\".NET (C#)\",\"language\":\"C#\"}")]
    [InlineData("{\"metadata\":{\"other\":1}}")]
    [InlineData("not json")]
    public void AnotherProgramsKernel_StaysUnlessForced(string content)
    {
        Directory.CreateDirectory(Spec);
        var file = Path.Combine(Spec, "kernel.json");
        File.WriteAllText(file, content);
        Assert.Contains("--force", Assert.Throws<KernelSpecException>(() => KernelSpec.Install(Spec, ["/x"], force: false)).Message);
        Assert.Contains("another program", Assert.Throws<KernelSpecException>(() => KernelSpec.Uninstall(Spec)).Message);
        Assert.Equal(content, File.ReadAllText(file));
        Assert.Single(Directory.GetFiles(Spec));
        KernelSpec.Install(Spec, ["/x"], force: true);
        Assert.Contains("/x", File.ReadAllText(file));
    }

    [Fact]
    public void Uninstall_WhatIsNotThere_SaysSo() =>
        Assert.Contains("no kernel in", Assert.Throws<KernelSpecException>(() => KernelSpec.Uninstall(Spec)).Message);

    [Fact]
    public void Install_WhereNothingCanBeWritten_SaysSo()
    {
        File.WriteAllText(_folder.PathOf("file"), "");
        Assert.Contains("--prefix", Assert.Throws<KernelSpecException>(() => KernelSpec.Install(_folder.PathOf("file/kernels/x"), ["/x"], force: false)).Message);
    }

    [Theory]
    [InlineData("")]
    [InlineData("..")]
    [InlineData("a/b")]
    [InlineData("c#")]
    [InlineData("a\n")]
    public void Name_ThatIsNone_IsRefused(string name) =>
        Assert.Contains("cannot be a kernel's name", Assert.Throws<KernelSpecException>(() => KernelSpecFolder.For(name, "/p")).Message);

    [Fact]
    public async Task CommandLine_UserAndPrefixTogether_IsRefused()
    {
        var (code, _, error) = await Cli.RunAsync("install", "--user", "--prefix", _folder.PathOf("."));
        Assert.Equal(ExitCode.Usage, code);
        Assert.Contains("exclude each other", error);
        Assert.Empty(Directory.GetFileSystemEntries(_folder.PathOf(".")));
    }

    [Theory]
    [InlineData(32)]
    [InlineData(64)]
    public void Logo_Png_DecodesToTheSvgsColors(int size)
    {
        var png = KernelLogo.Png(size);
        Assert.Equal([0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A], png[..8]);
        var pixels = Decode(png, size);
        Assert.Equal(size * (1 + 3 * size), pixels.Length);
        Assert.Equal(Background(), string.Concat(pixels[1..4].Select(b => b.ToString("x2"))));
        // A point inside each of the SVG's bars has the bar's color.
        foreach (var bar in XDocument.Parse(Encoding.UTF8.GetString(KernelLogo.Svg())).Root!.Elements().Skip(1))
        {
            int Number(string name) => int.Parse(bar.Attribute(name)!.Value);
            var x = (Number("x") + Number("width") / 2) * size / 64;
            var y = (Number("y") + Number("height") / 2) * size / 64;
            var at = y * (1 + 3 * size) + 1 + 3 * x;
            Assert.Equal(bar.Attribute("fill")!.Value, "#" + string.Concat(pixels[at..(at + 3)].Select(b => b.ToString("x2"))));
        }

        string Background() => XDocument.Parse(Encoding.UTF8.GetString(KernelLogo.Svg())).Root!.Elements().First().Attribute("fill")!.Value[1..];
    }

    // Chunk by chunk; the checksum is the one gzip writes over the same bytes.
    private static byte[] Decode(byte[] png, int size)
    {
        byte[] data = [];
        for (var at = 8; at < png.Length;)
        {
            var length = Big(png, at);
            var type = Encoding.ASCII.GetString(png, at + 4, 4);
            var body = png[(at + 8)..(at + 8 + length)];
            Assert.Equal(GzipCrc(png[(at + 4)..(at + 8 + length)]), (uint)Big(png, at + 8 + length));
            if (type == "IHDR")
                Assert.Equal((size, size), (Big(body, 0), Big(body, 4)));
            if (type == "IDAT")
                data = body;
            at += 12 + length;
        }

        using var zlib = new ZLibStream(new MemoryStream(data), CompressionMode.Decompress);
        using var pixels = new MemoryStream();
        zlib.CopyTo(pixels);
        return pixels.ToArray();
    }

    private static int Big(byte[] bytes, int at) => bytes[at] << 24 | bytes[at + 1] << 16 | bytes[at + 2] << 8 | bytes[at + 3];

    private static uint GzipCrc(byte[] bytes)
    {
        using var file = new MemoryStream();
        using (var gzip = new GZipStream(file, CompressionLevel.Fastest, leaveOpen: true))
            gzip.Write(bytes);
        return BitConverter.ToUInt32(file.ToArray().AsSpan()[^8..^4]);
    }
}
