using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.Json.Nodes;
using FeatureInterp.Kernel.Jupyter;
using FeatureInterp.Tests.Tokenizers;

namespace FeatureInterp.Tests.Kernel.Jupyter;

public class ConnectionFileTests
{
    private const string Sound = """
        {"shell_port":50001,"iopub_port":50002,"stdin_port":50003,"control_port":50004,"hb_port":50005,
         "ip":"127.0.0.1","key":"0b1c","transport":"tcp","signature_scheme":"hmac-sha256","kernel_name":".net-csharp"}
        """;

    [Fact]
    public void Parse_SoundFile_HasItsPortsAddressAndKey()
    {
        var file = Parse(Sound);
        Assert.Equal(new ChannelPorts(50001, 50002, 50003, 50004, 50005), file.Ports);
        Assert.Equal("0b1c", Encoding.UTF8.GetString(file.Key));
        Assert.Equal(new IPEndPoint(IPAddress.Loopback, 50003), file.EndPoint(file.Ports.Stdin));
    }

    [Fact]
    public void Parse_UnixSockets_AreNamedByAddressAndNumber()
    {
        var file = Parse(With(("transport", "ipc"), ("ip", "/run/user/1/kernel-x-ipc"), ("shell_port", 1), ("iopub_port", 2), ("stdin_port", 3), ("control_port", 4), ("hb_port", 5)));
        Assert.Equal("/run/user/1/kernel-x-ipc-4", Assert.IsType<UnixDomainSocketEndPoint>(file.EndPoint(file.Ports.Control)).ToString());
    }

    [Theory]
    [InlineData("localhost", "127.0.0.1")]
    [InlineData("*", "0.0.0.0")]
    [InlineData("::1", "::1")]
    public void Parse_OtherAddresses_AreTaken(string written, string meant) => Assert.Equal(meant, Parse(With(("ip", written))).Address);

    [Fact]
    public void Parse_NoKeyNoScheme_IsUnsigned() => Assert.Empty(Parse(Without("key", "signature_scheme", "transport", "ip")).Key);

    public static TheoryData<string, string> Broken => new()
    {
        { "", "not JSON" },
        { "{", "not JSON" },
        { "\0\u0001binary", "not JSON" },
        { new string('[', 50) + new string(']', 50), "not JSON" },
        { "[]", "Array where an object" },
        { "null", "Null where an object" },
        { Without("shell_port"), "shell_port is missing" },
        { Without("hb_port"), "hb_port is missing" },
        { With(("iopub_port", "50002")), "iopub_port is \"50002\"" },
        { With(("iopub_port", 0)), "iopub_port is 0" },
        { With(("stdin_port", 65536)), "stdin_port is 65536" },
        { With(("stdin_port", -5)), "stdin_port is -5" },
        { With(("stdin_port", 1.5)), "stdin_port is 1.5" },
        { With(("stdin_port", 1e300)), "stdin_port is 1E+300" },
        { With(("control_port", 50001)), "50001 is given to two channels" },
        { With(("ip", 7)), "ip is Number" },
        { With(("ip", "")), "ip is ''" },
        { With(("ip", "example.org")), "ip is 'example.org'" },
        { With(("transport", "udp")), "transport is 'udp'" },
        { With(("transport", "ipc"), ("ip", "")), "ip is not the beginning of a path" },
        { With(("transport", "ipc"), ("ip", "/" + new string('x', 200))), "over 100 bytes" },
        { Without("ip").Replace("\"tcp\"", "\"ipc\""), "ip is missing" },
        { With(("key", 1)), "key is Number" },
        { With(("key", new string('k', 5000))), "key has 5000 bytes" },
        { Sound.Replace("0b1c", "\\ud800"), "key is not valid text" },
        { With(("signature_scheme", "hmac-md5")), "signature_scheme is 'hmac-md5'" },
    };

    [Theory, MemberData(nameof(Broken))]
    public void Parse_BrokenFile_SaysWhatIsWrongInOneSentence(string json, string what)
    {
        var e = Assert.Throws<ConnectionFileException>(() => Parse(json));
        Assert.StartsWith("connection.json", e.Message);
        Assert.Contains(what, e.Message);
        Assert.EndsWith(".", e.Message);
        Assert.DoesNotContain('\n', e.Message);
    }

    [Fact]
    public void Load_MissingFolderOrHuge_SaysSo()
    {
        using var folder = new TemporaryFolder();
        Assert.Contains("could not be read", Assert.Throws<ConnectionFileException>(() => ConnectionFile.Load(folder.PathOf("none.json"))).Message);
        Assert.Contains("could not be read", Assert.Throws<ConnectionFileException>(() => ConnectionFile.Load(folder.PathOf("."))).Message);
        File.WriteAllText(folder.PathOf("huge.json"), new string(' ', 100_000));
        Assert.Contains("is over 65536 bytes", Assert.Throws<ConnectionFileException>(() => ConnectionFile.Load(folder.PathOf("huge.json"))).Message);
        File.WriteAllText(folder.PathOf("sound.json"), Sound);
        Assert.Equal(50001, ConnectionFile.Load(folder.PathOf("sound.json")).Ports.Shell);
    }

    private static ConnectionFile Parse(string json) => ConnectionFile.Parse(Encoding.UTF8.GetBytes(json), "connection.json");

    private static string With(params (string Name, JsonNode Value)[] changes)
    {
        var json = JsonNode.Parse(Sound)!;
        foreach (var (name, value) in changes)
            json[name] = value;
        return json.ToJsonString();
    }

    private static string Without(params string[] names)
    {
        var json = (JsonObject)JsonNode.Parse(Sound)!;
        foreach (var name in names)
            json.Remove(name);
        return json.ToJsonString();
    }
}
