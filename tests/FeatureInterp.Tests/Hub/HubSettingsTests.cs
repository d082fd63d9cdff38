using FeatureInterp.Models;

namespace FeatureInterp.Tests.Hub;

/// <summary>The variables of Hugging Face's tools, in their order.</summary>
public sealed class HubSettingsTests : IDisposable
{
    private readonly string _home = Directory.CreateTempSubdirectory("featureinterp-home-").FullName;

    public void Dispose() => Directory.Delete(_home, recursive: true);

    [Theory]
    [InlineData("/h/.cache/huggingface/hub")]
    [InlineData("/xdg/huggingface/hub", "XDG_CACHE_HOME=/xdg")]
    [InlineData("/hf/hub", "XDG_CACHE_HOME=/xdg", "HF_HOME=/hf")]
    [InlineData("/old", "HF_HOME=/hf", "HUGGINGFACE_HUB_CACHE=/old")]
    [InlineData("/new", "HF_HOME=/hf", "HUGGINGFACE_HUB_CACHE=/old", "HF_HUB_CACHE=/new")]
    [InlineData("/h/models", "HF_HUB_CACHE=~/models")]
    [InlineData("/h/.cache/huggingface/hub", "HF_HOME=", "HF_HUB_CACHE= ")]
    public void CacheFolder_IsTheFirstThatIsSet(string wanted, params string[] variables) =>
        Assert.Equal(Path.GetFullPath(wanted), HubSettings.From(Variables(variables), "/h").CacheFolder);

    [Theory]
    [InlineData("https://huggingface.co/")]
    [InlineData("https://mirror.example/hf", "HF_ENDPOINT=https://mirror.example/hf/")]
    [InlineData("http://localhost:8080/", "HF_ENDPOINT=http://localhost:8080")]
    [InlineData("http://127.0.0.1/", "HF_ENDPOINT=http://127.0.0.1/")]
    public void Endpoint_IsTaken(string wanted, params string[] variables) =>
        Assert.Equal(wanted, HubSettings.From(Variables(variables), _home).Endpoint.AbsoluteUri);

    [Theory]
    [InlineData("http://mirror.example")]
    [InlineData("ftp://localhost/")]
    [InlineData("file:///etc")]
    [InlineData("huggingface.co")]
    [InlineData("https://user:password@mirror.example")]
    [InlineData("https://mirror.example?token=password")]
    public void Endpoint_ThatIsNotSafe_IsRefusedWithoutRepeatingAPassword(string endpoint)
    {
        var e = Assert.Throws<HubException>(() => HubSettings.From(Variables("HF_ENDPOINT=" + endpoint), _home));
        Assert.Equal(HubFault.Settings, e.Fault);
        Assert.Contains("HF_ENDPOINT", e.Message);
        Assert.DoesNotContain("password@", e.Message);
        Assert.DoesNotContain("=password", e.Message);
    }

    [Theory]
    [InlineData(true, "HF_HUB_OFFLINE=1")]
    [InlineData(true, "TRANSFORMERS_OFFLINE=yes")]
    [InlineData(true, "HF_HUB_OFFLINE=True")]
    [InlineData(false, "HF_HUB_OFFLINE=0")]
    [InlineData(false)]
    public void Offline_IsRead(bool wanted, params string[] variables) =>
        Assert.Equal(wanted, HubSettings.From(Variables(variables), _home).Offline);

    [Fact]
    public void Token_ComesFromTheVariableElseFromTheFile()
    {
        Assert.Null(HubSettings.From(Variables(), _home).Token);
        Directory.CreateDirectory(Path.Combine(_home, ".cache", "huggingface"));
        File.WriteAllText(Path.Combine(_home, ".cache", "huggingface", "token"), "hf_of_the_file\n");
        Assert.Equal("hf_of_the_file", Sent());
        File.WriteAllText(Path.Combine(_home, "mine"), " hf_mine ");
        Assert.Equal("hf_mine", Sent("HF_TOKEN_PATH=~/mine"));
        Assert.Equal("hf_old", Sent("HF_TOKEN_PATH=~/mine", "HUGGING_FACE_HUB_TOKEN=hf_old"));
        Assert.Equal("hf_new", Sent("HUGGING_FACE_HUB_TOKEN=hf_old", "HF_TOKEN=hf_new"));
        Assert.Null(Sent("HF_TOKEN=hf_new", "HF_HUB_DISABLE_IMPLICIT_TOKEN=1"));

        string? Sent(params string[] variables) => HubSettings.From(Variables(variables), _home).Token?.Header().Parameter;
    }

    [Fact]
    public void Token_IsNotPrinted()
    {
        var settings = HubSettings.From(Variables("HF_TOKEN=hf_recognisable"), _home);
        Assert.DoesNotContain("recognisable", settings.ToString());
        Assert.DoesNotContain("recognisable", System.Text.Json.JsonSerializer.Serialize(settings.Token));
        Assert.Equal("(hidden)", settings.Token!.ToString());
    }

    [Theory]
    [InlineData("hf_a b")]
    [InlineData("hf_a\r\nX-Header: b")]
    [InlineData("hf_ä")]
    public void Token_ThatNoHeaderCarries_IsRefusedWithoutRepeatingIt(string token)
    {
        var e = Assert.Throws<HubException>(() => HubToken.Of(token));
        Assert.Contains("HF_TOKEN", e.Message);
        Assert.DoesNotContain("hf_", e.Message);
    }

    [Fact]
    public void FreeSpace_OfAFolderThatIsNotThereYet_IsThatOfTheDisk() =>
        Assert.True(DiskSpace.Free(Path.Combine(_home, "not", "yet")) > 0);

    [Theory]
    [InlineData(0, "0 bytes")]
    [InlineData(999, "999 bytes")]
    [InlineData(1500, "1.5 kB")]
    [InlineData(999_960, "1 MB")]
    [InlineData(13_100_000, "13.1 MB")]
    [InlineData(4_980_000_000, "4.98 GB")]
    public void ByteSize_IsDecimal(long bytes, string text) => Assert.Equal(text, ByteSize.Text(bytes));

    private static Func<string, string?> Variables(params string[] settings) =>
        name => settings.Where(s => s.StartsWith(name + "=", StringComparison.Ordinal)).Select(s => s[(name.Length + 1)..]).FirstOrDefault();
}
