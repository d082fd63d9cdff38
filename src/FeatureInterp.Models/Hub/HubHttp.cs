using System.Net;

namespace FeatureInterp.Models;

/// <summary>
/// Talks to the hub. Redirects are followed here, not by the network stack, so that the token goes to the hub's own scheme, host and port and nowhere else.
/// </summary>
internal sealed class HubHttp : IDisposable
{
    private const int MaxRedirects = 10;

    private readonly HubSettings _settings;
    private readonly HttpMessageInvoker _client;

    public HubHttp(HubSettings settings)
    {
        _settings = settings;
        // An invoker, not a client: it has no time limit or buffer of its own, and sends a request as it is.
        _client = new HttpMessageInvoker(new SocketsHttpHandler
        {
            AllowAutoRedirect = false,
            AutomaticDecompression = DecompressionMethods.None,
            UseCookies = false,
            ConnectTimeout = settings.Patience.Answer,
            PooledConnectionLifetime = TimeSpan.FromMinutes(5),
            MaxResponseDrainSize = 0,
        });
    }

    /// <summary>An address below the endpoint.</summary>
    public Uri Address(string path) => new(_settings.Endpoint.AbsoluteUri.TrimEnd('/') + "/" + path);

    /// <summary>Sends a request and follows redirects, to other hosts only when the body is wanted.</summary>
    /// <param name="method">GET, or HEAD for what is known of a file.</param>
    /// <param name="address">An address of the hub's.</param>
    /// <param name="what">What is asked for, for the sentence when it fails.</param>
    /// <param name="prepare">Adds headers; told whether the request goes to the hub itself.</param>
    /// <param name="cancellation">Ends it.</param>
    /// <exception cref="HubException">No connection, no answer in time, or redirects that lead nowhere. The status is left to the caller.</exception>
    public async Task<HubReply> SendAsync(HttpMethod method, Uri address, string what, Action<HttpRequestMessage, bool>? prepare, CancellationToken cancellation)
    {
        var seen = new HubReply(what);
        for (var hop = 0; hop <= MaxRedirects; hop++)
        {
            var isHub = IsHub(address);
            using var request = new HttpRequestMessage(method, address);
            request.Headers.Add("User-Agent", "featureinterp/0.1");
            request.Headers.Add("Accept-Encoding", "identity");
            if (isHub)
                request.Headers.Authorization = _settings.Token?.Header();
            prepare?.Invoke(request, isHub);

            var message = await SendOnceAsync(request, what, cancellation).ConfigureAwait(false);
            if (seen.Take(message, isHub) is not { } target)
                return seen;
            var next = new Uri(address, target);
            if (!HubSettings.IsSafe(next) || next.Scheme == Uri.UriSchemeHttp && address.Scheme == Uri.UriSchemeHttps)
            {
                message.Dispose();
                throw new HubException(HubFault.Protocol, $"The hub sends {what} from an address that is not HTTPS, where anyone on the way could change it; nothing was fetched, check HF_ENDPOINT.");
            }

            if (method == HttpMethod.Head && !IsHub(next))
                return seen;
            message.Dispose();
            address = next;
        }

        seen.Dispose();
        throw new HubException(HubFault.Protocol, $"The hub redirects {what} more than {MaxRedirects} times; check HF_ENDPOINT.");
    }

    /// <inheritdoc/>
    public void Dispose() => _client.Dispose();

    private async Task<HttpResponseMessage> SendOnceAsync(HttpRequestMessage request, string what, CancellationToken cancellation)
    {
        using var limit = new CancellationTokenSource(_settings.Patience.Answer, _settings.Patience.Clock);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellation, limit.Token);
        try
        {
            return await _client.SendAsync(request, either.Token).ConfigureAwait(false);
        }
        catch (HttpRequestException e)
        {
            throw new HubException(HubFault.NoNetwork, $"The hub {_settings.Endpoint.Host} could not be reached for {what} ({Reason(e)}); check the network and HF_ENDPOINT, then run the same again: it goes on where it stopped.") { IsTransient = true };
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            throw new HubException(HubFault.NoNetwork, $"The hub {_settings.Endpoint.Host} did not answer within {_settings.Patience.Answer.TotalSeconds:0} seconds when asked for {what}; check the network, then run the same again: it goes on where it stopped.") { IsTransient = true };
        }
    }

    private bool IsHub(Uri address) => Uri.Compare(address, _settings.Endpoint, UriComponents.SchemeAndServer, UriFormat.SafeUnescaped, StringComparison.OrdinalIgnoreCase) == 0;

    // The stack's own sentences may hold addresses, and addresses may hold signatures.
    private static string Reason(HttpRequestException e) => e.HttpRequestError switch
    {
        HttpRequestError.NameResolutionError => "its name is not known",
        HttpRequestError.ConnectionError => "no connection",
        HttpRequestError.SecureConnectionError => "no secure connection, or a certificate that is not trusted",
        HttpRequestError.ProxyTunnelError => "the proxy refuses",
        HttpRequestError.ResponseEnded => "the connection was cut",
        _ => "the connection failed",
    };
}
