using System.Globalization;
using System.Net;
using System.Net.Http.Headers;

namespace FeatureInterp.Models;

/// <summary>The last answer of a chain of redirects, and what the answers on the way said of the file.</summary>
internal sealed class HubReply(string what) : IDisposable
{
    private string? _linkedEtag;
    private string? _etag;

    /// <summary>What was asked for.</summary>
    public string What => what;

    public HttpResponseMessage Message { get; private set; } = null!;

    /// <summary>Whether the hub's own host gave the last answer.</summary>
    public bool FromHub { get; private set; }

    /// <summary>The hub's name for the content, without quotes: <c>X-Linked-Etag</c>, else <c>ETag</c>, as far as the hub's own host sent them.</summary>
    public string? ETag => _linkedEtag ?? _etag;

    /// <summary>The content's length as the hub says it.</summary>
    public long? LinkedSize { get; private set; }

    /// <summary>The commit the file is of.</summary>
    public string? Commit { get; private set; }

    /// <summary>The hub's code for an error, such as <c>GatedRepo</c>.</summary>
    public string? ErrorCode { get; private set; }

    public HttpStatusCode Status => Message.StatusCode;

    /// <summary>Takes in an answer; gives where it redirects to, or null when it is the last.</summary>
    public Uri? Take(HttpResponseMessage message, bool fromHub)
    {
        Message = message;
        FromHub = fromHub;
        if (fromHub)
        {
            _linkedEtag = Normal(First(message.Headers, "X-Linked-Etag")) ?? _linkedEtag;
            _etag = Normal(First(message.Headers, "ETag")) ?? _etag;
            Commit = First(message.Headers, "X-Repo-Commit") ?? Commit;
            ErrorCode = First(message.Headers, "X-Error-Code");
            if (long.TryParse(First(message.Headers, "X-Linked-Size"), NumberStyles.None, CultureInfo.InvariantCulture, out var size))
                LinkedSize = size;
        }

        return message.StatusCode is HttpStatusCode.MovedPermanently or HttpStatusCode.Found or HttpStatusCode.SeeOther or HttpStatusCode.TemporaryRedirect or HttpStatusCode.PermanentRedirect
            ? message.Headers.Location
            : null;
    }

    /// <inheritdoc/>
    public void Dispose() => Message?.Dispose();

    private static string? First(HttpResponseHeaders headers, string name) =>
        headers.TryGetValues(name, out var values) ? values.FirstOrDefault() : null;

    private static string? Normal(string? etag)
    {
        var text = etag?.Trim();
        if (text?.StartsWith("W/", StringComparison.Ordinal) is true)
            text = text[2..];
        return text?.Trim('"') is { Length: > 0 } value ? value : null;
    }
}
