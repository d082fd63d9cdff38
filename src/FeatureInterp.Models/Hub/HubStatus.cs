namespace FeatureInterp.Models;

/// <summary>Turns a status that is no success into the sentence that helps.</summary>
/// <param name="settings">Where the hub is, and whether there is a token.</param>
internal sealed class HubStatus(HubSettings settings)
{
    /// <summary>The fault of an answer.</summary>
    /// <param name="reply">The answer.</param>
    /// <param name="name">What was asked for.</param>
    /// <param name="file">The file, or null when the repository was asked for.</param>
    public HubException Fault(HubReply reply, HubName name, string? file)
    {
        var status = (int)reply.Status;
        if (status is 401 or 403 or 404 && !reply.FromHub)
            return new HubException(HubFault.Server, $"The host that keeps the hub's large files answered {status} for {reply.What}; try again later.") { IsTransient = true };
        return status switch
        {
            401 when reply.ErrorCode is "GatedRepo" => Gated(name, "it is gated and the hub does not know who asks"),
            401 when settings.Token is null => new(HubFault.Unauthorized, $"The hub has no {name.Id} that it shows to everyone (401){Nearest(name)}; check the name, or if it is private or gated set HF_TOKEN to a token from {Page("settings/tokens")}."),
            401 => new(HubFault.Unauthorized, $"The hub refuses the token it was sent for {name.Id} (401): it is wrong, expired, or has no right to it; set HF_TOKEN to a token from {Page("settings/tokens")}."),
            403 => Gated(name, "access to it is refused (403)"),
            404 => NotFound(reply, name, file),
            416 => new(HubFault.Range, $"The hub does not serve the missing part of {reply.What} (416); delete {name.CacheFolder} from {settings.CacheFolder} and fetch it again."),
            429 => TooMany(reply),
            408 or >= 500 => new(HubFault.Server, $"The hub answers {status} for {reply.What}, again and again; try again later: it goes on where it stopped.") { IsTransient = true, RetryAfter = Wait(reply) },
            _ => new(HubFault.Server, $"The hub answers {status} for {reply.What}, where 200 was expected; check HF_ENDPOINT."),
        };
    }

    private HubException Gated(HubName name, string why) =>
        new(HubFault.Gated, $"{name.Id}: {why}; accept its licence at {Page(name.Id)}, then set HF_TOKEN to a token of that account from {Page("settings/tokens")} which may read gated repositories.");

    private HubException NotFound(HubReply reply, HubName name, string? file)
    {
        if (reply.ErrorCode is "RevisionNotFound")
            return new(HubFault.NotFound, $"{name.Id} has no revision '{name.RevisionOrMain}' on the hub (404); see {Page(name.Id)} for those it has.");
        if (file is not null)
            return new(HubFault.NotFound, $"{name.Id} has no file '{file}' at revision '{name.RevisionOrMain}' (404); see {Page(name.Id)} for those it has.");
        return new(HubFault.NotFound, $"The hub has no {name.Id} with a revision '{name.RevisionOrMain}', or it is private (404){Nearest(name)}; check the name, or set HF_TOKEN to a token that may see it.");
    }

    private HubException TooMany(HubReply reply)
    {
        var wait = Wait(reply);
        return wait > settings.Patience.LongestWait
            ? new(HubFault.TooManyRequests, $"The hub has had too many requests (429) and asks to wait {wait.Value.TotalMinutes:0} minutes before {reply.What}; try again then: it goes on where it stopped.")
            : new(HubFault.TooManyRequests, $"The hub has had too many requests (429) when asked for {reply.What}, even after waiting; try again later: it goes on where it stopped.") { IsTransient = true, RetryAfter = wait };
    }

    private TimeSpan? Wait(HubReply reply)
    {
        var after = reply.Message.Headers.RetryAfter;
        var wait = after?.Delta ?? after?.Date - settings.Patience.Clock.GetUtcNow();
        return wait < TimeSpan.Zero ? TimeSpan.Zero : wait;
    }

    private string Nearest(HubName name) => HubCacheNames.Nearest(settings, name) is { } nearest ? $"; the cache has {nearest}" : "";

    private string Page(string path) => settings.Endpoint.AbsoluteUri.TrimEnd('/') + "/" + path;
}
