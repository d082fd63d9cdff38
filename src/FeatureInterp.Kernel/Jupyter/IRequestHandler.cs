using System.Text.Json.Nodes;

namespace FeatureInterp.Kernel.Jupyter;

/// <summary>Answers one group of requests.</summary>
internal interface IRequestHandler
{
    /// <summary>The message types it answers.</summary>
    IReadOnlyList<string> Types { get; }

    /// <summary>Whether the control channel may carry them too: they do not touch what a running cell uses.</summary>
    bool BesideCells { get; }

    /// <summary>Does what is asked.</summary>
    /// <param name="request">The request.</param>
    /// <param name="token">Cancelled by an interrupt.</param>
    /// <returns>The reply's content, or null when this type has no reply. What it throws becomes an error reply.</returns>
    Task<JsonObject?> HandleAsync(Request request, CancellationToken token);
}
