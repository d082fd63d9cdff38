namespace FeatureInterp.Models;

/// <summary>The environment variables of Hugging Face's tools, with their order and their fallbacks.</summary>
/// <param name="variable">Gives a variable's value; null or empty when it is not set.</param>
/// <param name="home">The user's home folder.</param>
internal sealed class HubVariables(Func<string, string?> variable, string home)
{
    private const int MaxTokenFile = 1 << 16;

    private static readonly string[] True = ["1", "ON", "YES", "TRUE"];

    public string CacheFolder() => Path.GetFullPath(Folder("HF_HUB_CACHE") ?? Folder("HUGGINGFACE_HUB_CACHE") ?? Path.Combine(HubHome(), "hub"));

    public Uri Endpoint()
    {
        if (Text("HF_ENDPOINT") is not { } text)
            return new Uri(HubSettings.PublicEndpoint);
        return Uri.TryCreate(text, UriKind.Absolute, out var endpoint)
            ? endpoint
            : throw new HubException(HubFault.Settings, "HF_ENDPOINT is no address; it should look like https://huggingface.co.");
    }

    public HubToken? Token()
    {
        if (IsTrue("HF_HUB_DISABLE_IMPLICIT_TOKEN"))
            return null;
        if ((Text("HF_TOKEN") ?? Text("HUGGING_FACE_HUB_TOKEN")) is { } text)
            return HubToken.Of(text);
        var file = Folder("HF_TOKEN_PATH") ?? Path.Combine(HubHome(), "token");
        try
        {
            return LinkedFile.Exists(file) && LinkedFile.Length(file) <= MaxTokenFile ? HubToken.Of(File.ReadAllText(file)) : null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;  // A token that cannot be read is no token; the hub says so if it wants one.
        }
    }

    public bool IsOffline() => IsTrue("HF_HUB_OFFLINE") || IsTrue("TRANSFORMERS_OFFLINE");

    private string HubHome() =>
        Folder("HF_HOME") ?? Path.Combine(Folder("XDG_CACHE_HOME") ?? Path.Combine(home, ".cache"), "huggingface");

    private string? Folder(string name) => Text(name) switch
    {
        null => null,
        "~" => home,
        ['~', '/' or '\\', .. var rest] => Path.Combine(home, rest),
        var path => path,
    };

    private string? Text(string name) => variable(name)?.Trim() is { Length: > 0 } text ? text : null;

    private bool IsTrue(string name) => Text(name) is { } text && True.Contains(text, StringComparer.OrdinalIgnoreCase);
}
