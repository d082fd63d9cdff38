namespace FeatureInterp.Models;

/// <summary>
/// An access token of the hub. It can be sent, but not printed: <see cref="ToString"/> hides it, and nothing else gives it out.
/// </summary>
public sealed class HubToken
{
    private const int MaxLength = 4096;

    private readonly string _value;

    private HubToken(string value) => _value = value;

    /// <summary>A token from its text, as the hub's page of access tokens shows it; white space around it is dropped.</summary>
    /// <param name="text">The text.</param>
    /// <returns>The token; null when the text is empty.</returns>
    /// <exception cref="HubException">The text holds characters that no request header can carry, or far too many of them.</exception>
    public static HubToken? Of(string? text)
    {
        var value = text?.Trim();
        if (string.IsNullOrEmpty(value))
            return null;
        if (value.Length > MaxLength || value.Any(c => c is <= ' ' or > '~'))
            throw new HubException(HubFault.Settings, "The hub's access token is no token: it is too long, or holds spaces, line breaks or letters outside ASCII; set HF_TOKEN to what the hub's page of access tokens shows.");
        return new HubToken(value);
    }

    /// <inheritdoc/>
    public override string ToString() => "(hidden)";

    /// <summary>The value of the request header <c>Authorization</c>.</summary>
    internal System.Net.Http.Headers.AuthenticationHeaderValue Header() => new("Bearer", _value);
}
