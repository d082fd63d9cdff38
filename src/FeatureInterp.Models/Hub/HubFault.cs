namespace FeatureInterp.Models;

/// <summary>What kept a model from being found or fetched.</summary>
public enum HubFault
{
    /// <summary>The name, revision or file is not one a hub can have, or a path that would leave its folder.</summary>
    InvalidName,

    /// <summary>A setting cannot be used: an endpoint that is not HTTPS, a token no header can carry.</summary>
    Settings,

    /// <summary><c>HF_HUB_OFFLINE</c> or <c>TRANSFORMERS_OFFLINE</c> forbids it.</summary>
    Offline,

    /// <summary>No connection to the hub could be made or kept.</summary>
    NoNetwork,

    /// <summary>401: no token, or a wrong one.</summary>
    Unauthorized,

    /// <summary>403: the licence has to be accepted first, or the token may not read this.</summary>
    Gated,

    /// <summary>404: no such repository, revision or file, or a private one.</summary>
    NotFound,

    /// <summary>416: the hub does not serve the range that is missing.</summary>
    Range,

    /// <summary>429, after waiting and asking again.</summary>
    TooManyRequests,

    /// <summary>5xx or another unexpected status, after asking again.</summary>
    Server,

    /// <summary>An answer that breaks the protocol: no ETag, more bytes than announced, JSON of another shape.</summary>
    Protocol,

    /// <summary>What arrived is not what the hub's hash says.</summary>
    WrongHash,

    /// <summary>The repository has no weights of a kind that can be loaded, or several and none was chosen.</summary>
    NoWeights,

    /// <summary>The disk has too little room.</summary>
    DiskSpace,

    /// <summary>The cache cannot be written to.</summary>
    Cache,
}
