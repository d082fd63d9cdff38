namespace FeatureInterp.Models;

/// <summary>
/// A model could not be found on, or fetched from, the hub. The message is one sentence: what was asked, what came back, what to do. It never holds
/// the access token, nor text of the server's, which may be anything; for the same reason no exception of the network stack is kept inside.
/// </summary>
public sealed class HubException : Exception
{
    /// <summary>Names the fault.</summary>
    /// <param name="fault">Which kind it is.</param>
    /// <param name="message">One sentence.</param>
    public HubException(HubFault fault, string message)
        : base(message) => Fault = fault;

    /// <summary>Which kind it is.</summary>
    public HubFault Fault { get; }

    /// <summary>Whether asking again later may help.</summary>
    internal bool IsTransient { get; init; }

    /// <summary>How long the server asked to wait before the next request.</summary>
    internal TimeSpan? RetryAfter { get; init; }
}
