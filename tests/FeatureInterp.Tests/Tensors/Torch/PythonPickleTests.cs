using System.Numerics;
using FeatureInterp.Tensors;
using FeatureInterp.Tests.Tokenizers;

namespace FeatureInterp.Tests;

/// <summary>
/// Pickles that Python 3.11's own pickler has made, of protocol 2 and 5, of stand-ins with torch's names: a state_dict with its
/// _metadata beside values of every kind.
/// </summary>
public sealed class PythonPickleTests : IDisposable
{
    private const string Protocol2 =
        "gAJ9cQAoWAoAAABzdGF0ZV9kaWN0cQFjY29sbGVjdGlvbnMKT3JkZXJlZERpY3QKcQIpUnEDKFgKAAAAZW5jLndlaWdodHEEY3RvcmNoLl91dGlscwpfcmVidWlsZF90ZW5zb3JfdjIKcQUoKFgHAA" +
        "AAc3RvcmFnZXEGY3RvcmNoCkZsb2F0U3RvcmFnZQpxB1gBAAAAMHEIWAMAAABjcHVxCUsMdHEKUUsASwNLBIZxC0sESwGGcQyJaAIpUnENdHEOUnEPWAUAAABlbmMudHEQY3RvcmNoLl91dGlscwpf" +
        "cmVidWlsZF9wYXJhbWV0ZXIKcRFoBSgoaAZoB2gIaAlLDHRxElFLAEsESwOGcRNLAUsEhnEUiWgCKVJxFXRxFlJxF4hoAilScRiHcRlScRp1fXEbWAkAAABfbWV0YWRhdGFxHGgCKVJxHShYAAAAAH" +
        "EefXEfWAcAAAB2ZXJzaW9ucSBLAXNYAwAAAGVuY3EhfXEiaCBLAXN1c2JYBQAAAHNoYXBlcSNjdG9yY2gKU2l6ZQpxJEsDSwSGcSWFcSZScSdYBQAAAGR0eXBlcShjdG9yY2gKYmZsb2F0MTYKcSlY" +
        "BAAAAHN0ZXBxKkpwEQEAWAMAAABiaWdxK4oJAAAAAAAAAIAAWAMAAABuZWdxLIoGAAAAAAD/WAIAAABscnEtRz8zqSowVTJhWAIAAABva3EuiFgEAAAAbm9uZXEvTlgEAAAAbmFtZXEwWAYAAABuw6" +
        "Rtw6lxMVgEAAAAbGlzdHEyXXEzKEsBXXE0KEdABAAAAAAAAChYAQAAAGFxNVgBAAAAYnE2WAEAAABjcTdYAQAAAGRxOHRxOWVlWAQAAABrZXlzcTp9cTtLB1gFAAAAc2V2ZW5xPHNYAwAAAG9uZXE9" +
        "XXE+SwFhWAUAAABlbXB0eXE/XXFAKX1xQYdxQnUu";

    private const string Protocol5 =
        "gAWVJAIAAAAAAAB9lCiMCnN0YXRlX2RpY3SUjAtjb2xsZWN0aW9uc5SMC09yZGVyZWREaWN0lJOUKVKUKIwKZW5jLndlaWdodJSMDHRvcmNoLl91dGlsc5SMEl9yZWJ1aWxkX3RlbnNvcl92MpSTlC" +
        "gojAdzdG9yYWdllIwFdG9yY2iUjAxGbG9hdFN0b3JhZ2WUk5SMATCUjANjcHWUSwx0lFFLAEsDSwSGlEsESwGGlIloBClSlHSUUpSMBWVuYy50lGgHjBJfcmVidWlsZF9wYXJhbWV0ZXKUk5RoCSgo" +
        "aApoDWgOaA9LDHSUUUsASwRLA4aUSwFLBIaUiWgEKVKUdJRSlIhoBClSlIeUUpR1fZSMCV9tZXRhZGF0YZRoBClSlCiMAJR9lIwHdmVyc2lvbpRLAXOMA2VuY5R9lGgnSwFzdXNijAVzaGFwZZRoC4" +
        "wEU2l6ZZSTlEsDSwSGlIWUUpSMBWR0eXBllGgLjAhiZmxvYXQxNpSTlIwEc3RlcJRKcBEBAIwDYmlnlIoJAAAAAAAAAIAAjANuZWeUigYAAAAAAP+MAmxylEc/M6kqMFUyYYwCb2uUiIwEbm9uZZRO" +
        "jARuYW1llIwGbsOkbcOplIwEbGlzdJRdlChLAV2UKEdABAAAAAAAACiMAWGUjAFilIwBY5SMAWSUdJRlZYwEa2V5c5R9lEsHjAVzZXZlbpRzjANvbmWUXZRLAWGMBWVtcHR5lF2UKX2Uh5R1Lg==";

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory, InlineData(Protocol2), InlineData(Protocol5)]
    public void Open_PickleOfPython_HoldsWhatWasPickled(string pickle)
    {
        var data = RawNpz.Bytes([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11]);
        var file = RawTorch.Open(_folder.PathOf("x.pt"), RawTorch.Members(Convert.FromBase64String(pickle), ("0", data)));
        Assert.Equal(["state_dict.enc.weight", "state_dict.enc.t"], file.Weights.Keys);
        Assert.Equal([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11], file["state_dict.enc.weight"].ToTensor().Span.ToArray());
        Assert.Equal([0, 4, 8, 1, 5, 9, 2, 6, 10, 3, 7, 11], file["state_dict.enc.t"].ToTensor().Span.ToArray());
        Assert.Equal(
            new Dictionary<string, object?>
            {
                ["shape.0"] = 3L, ["shape.1"] = 4L, ["dtype"] = "torch.bfloat16", ["step"] = 70_000L, ["big"] = BigInteger.One << 63, ["neg"] = -(1L << 40),
                ["lr"] = 3e-4, ["ok"] = true, ["none"] = null, ["name"] = "nämé", ["list.0"] = 1L, ["list.1.0"] = 2.5,
                ["list.1.1.0"] = "a", ["list.1.1.1"] = "b", ["list.1.1.2"] = "c", ["list.1.1.3"] = "d", ["keys.7"] = "seven", ["one.0"] = 1L,
            },
            file.Values);
    }
}
