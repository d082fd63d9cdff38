namespace FeatureInterp.Models;

/// <summary>Where the cache and the hub are, and what may be sent there; read from the variables Hugging Face's own tools read.</summary>
public sealed record HubSettings
{
    /// <summary>The public hub.</summary>
    public const string PublicEndpoint = "https://huggingface.co";

    private readonly Uri _endpoint = new(PublicEndpoint);

    /// <summary>The cache's root, which holds one folder a repository: <c>models--org--name</c>.</summary>
    public required string CacheFolder { get; init; }

    /// <summary>The hub: HTTPS, or HTTP on this machine. The default value is <see cref="PublicEndpoint"/>.</summary>
    /// <exception cref="HubException">Another scheme, a host that is not this machine over HTTP, or a name and password in the address.</exception>
    public Uri Endpoint
    {
        get => _endpoint;
        init => _endpoint = Checked(value);
    }

    /// <summary>The access token, sent to the hub's own host only; null for none.</summary>
    public HubToken? Token { get; init; }

    /// <summary>Whether no connection may be opened whatever is asked.</summary>
    public bool Offline { get; init; }

    /// <summary>How patient a download is.</summary>
    internal HubPatience Patience { get; init; } = new();

    /// <summary>Whether snapshots may link to blobs; where they cannot, files are moved or copied there.</summary>
    internal bool Links { get; init; } = true;

    /// <summary>The bytes free for this user on the disk of a folder; null when that cannot be found out.</summary>
    internal Func<string, long?> FreeSpace { get; init; } = DiskSpace.Free;

    /// <summary>
    /// The settings of this process: the cache from <c>HF_HUB_CACHE</c>, <c>HUGGINGFACE_HUB_CACHE</c>, <c>HF_HOME</c>/hub, <c>XDG_CACHE_HOME</c>/huggingface/hub
    /// or <c>~/.cache/huggingface/hub</c>, the first that is set; the endpoint from <c>HF_ENDPOINT</c>; the token from <c>HF_TOKEN</c>, <c>HUGGING_FACE_HUB_TOKEN</c>,
    /// the file <c>HF_TOKEN_PATH</c>, or <c>HF_HOME</c>/token; offline from <c>HF_HUB_OFFLINE</c> and <c>TRANSFORMERS_OFFLINE</c>. The order is that of Python's huggingface_hub.
    /// </summary>
    /// <exception cref="HubException">A variable holds what cannot be used.</exception>
    public static HubSettings FromEnvironment() => From(Environment.GetEnvironmentVariable, Environment.GetFolderPath(Environment.SpecialFolder.UserProfile));

    /// <summary><see cref="FromEnvironment"/> of given variables and a given home folder.</summary>
    internal static HubSettings From(Func<string, string?> variable, string home)
    {
        var hub = new HubVariables(variable, home);
        return new HubSettings
        {
            CacheFolder = hub.CacheFolder(),
            Endpoint = hub.Endpoint(),
            Token = hub.Token(),
            Offline = hub.IsOffline(),
        };
    }

    private static Uri Checked(Uri endpoint)
    {
        if (!endpoint.IsAbsoluteUri || endpoint.UserInfo.Length > 0 || endpoint.Query.Length > 0)
            throw new HubException(HubFault.Settings, "The hub's endpoint is not a plain address such as https://huggingface.co (without a password or a query); set HF_ENDPOINT to one.");
        if (!IsSafe(endpoint))
            throw new HubException(HubFault.Settings, $"The hub's endpoint {endpoint.Scheme}://{endpoint.Host} is not HTTPS, so anyone on the way could read the token and change the weights; set HF_ENDPOINT to an https:// address.");
        return new Uri(endpoint.GetLeftPart(UriPartial.Path).TrimEnd('/'));
    }

    /// <summary>Whether an address may be talked to: HTTPS, or HTTP on this machine.</summary>
    internal static bool IsSafe(Uri address) =>
        address.Scheme == Uri.UriSchemeHttps || address.Scheme == Uri.UriSchemeHttp && address.IsLoopback;
}
