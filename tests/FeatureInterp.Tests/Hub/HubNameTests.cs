using FeatureInterp.Models;
using FsCheck;
using FsCheck.Fluent;

namespace FeatureInterp.Tests.Hub;

/// <summary>Names and paths are what a stranger wrote.</summary>
public class HubNameTests
{
    [Theory]
    [InlineData("org/name", "org/name", null, null)]
    [InlineData("gpt2", "gpt2", null, null)]
    [InlineData("google/gemma-2-2b@refs/pr/1", "google/gemma-2-2b", "refs/pr/1", null)]
    [InlineData("org/name@v1.0+a:sub/x.gguf", "org/name", "v1.0+a", "sub/x.gguf")]
    [InlineData("org/name:Q4_K_M", "org/name", null, "Q4_K_M")]
    public void Parse_GoodNames_HasTheirParts(string text, string id, string? revision, string? file)
    {
        var name = HubName.Parse(text);
        Assert.Equal((id, revision, file), (name.Id, name.Revision, name.File));
        Assert.Equal(text, name.ToString());
        Assert.Equal(id, HubName.OfCacheFolder(name.CacheFolder)!.Id);
    }

    [Theory]
    [InlineData("")]
    [InlineData("/name")]
    [InlineData("org/")]
    [InlineData("a/b/c")]
    [InlineData("../name")]
    [InlineData("org/..")]
    [InlineData("org/na..me")]
    [InlineData("org/na--me")]
    [InlineData("org/-name")]
    [InlineData("org/name.")]
    [InlineData("org/name.git")]
    [InlineData("org/na me")]
    [InlineData("org/näme")]
    [InlineData("C:\\models")]
    [InlineData("org/name@")]
    [InlineData("org/name@../../x")]
    [InlineData("org/name@a b")]
    [InlineData("org/name:")]
    [InlineData("org/name:../x.gguf")]
    [InlineData("org/name:/x.gguf")]
    [InlineData("org/name\u0000")]
    public void Parse_BadNames_AreOneSentence(string text)
    {
        Assert.False(HubName.TryParse(text, out _));
        var e = Assert.Throws<HubException>(() => HubName.Parse(text));
        Assert.Equal(HubFault.InvalidName, e.Fault);
        Assert.DoesNotContain(e.Message, char.IsControl);
    }

    [Fact]
    public void Parse_OverlongName_IsCutInTheMessage() =>
        Assert.True(Assert.Throws<HubException>(() => HubName.Parse(new string('a', 100_000))).Message.Length < 400);

    [Theory]
    [InlineData("config.json")]
    [InlineData("a/b c/d-ü.json")]
    [InlineData("..hidden/.x")]
    public void Path_Good_StaysBelow(string path) => Assert.Null(HubPath.Fault(path));

    [Theory]
    [InlineData("..")]
    [InlineData("a/../b")]
    [InlineData("./a")]
    [InlineData("/a")]
    [InlineData("a//b")]
    [InlineData("a/")]
    [InlineData("a\\b")]
    [InlineData("C:a")]
    [InlineData("a\0b")]
    [InlineData("a\nb")]
    [InlineData("nul")]
    [InlineData("x/COM1.txt")]
    [InlineData("a.")]
    [InlineData("a ")]
    [InlineData(" a")]
    [InlineData("a?b")]
    public void Path_Bad_IsRefused(string path)
    {
        Assert.NotNull(HubPath.Fault(path));
        Assert.Throws<HubException>(() => HubPath.Below("folder", path));
    }

    [Fact]
    public void Path_TooLongOrTooDeep_IsRefused()
    {
        Assert.NotNull(HubPath.Fault(new string('a', 256)));
        Assert.NotNull(HubPath.Fault(string.Join('/', Enumerable.Repeat("a", 17))));
        Assert.NotNull(HubPath.Fault(string.Join('/', Enumerable.Repeat(new string('a', 200), 6))));
    }

    [Fact]
    public void Path_AnyText_IsRefusedOrStaysBelow()
    {
        var pieces = Gen.Elements("..", ".", "/", "\\", ":", "a", "b.txt", "\0", "C", "~", " ", "nul", "%2f", "é", "-");
        var paths = pieces.ListOf().Select(string.Concat).ToArbitrary();
        Prop.ForAll(paths, path =>
        {
            if (HubPath.Fault(path) is not null)
                return true;
            var root = Path.GetFullPath("root") + Path.DirectorySeparatorChar;
            return Path.GetFullPath(HubPath.Below("root", path)).StartsWith(root, StringComparison.Ordinal);
        }).QuickCheckThrowOnFailure();
    }
}
