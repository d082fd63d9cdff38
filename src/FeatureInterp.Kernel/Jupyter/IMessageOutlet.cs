using System.Text.Json.Nodes;

namespace FeatureInterp.Kernel.Jupyter;

/// <summary>The two channels requests come over.</summary>
internal enum RequestChannel
{
    /// <summary>Answered one after another.</summary>
    Shell,

    /// <summary>Answered beside a running cell.</summary>
    Control,
}

/// <summary>Where a kernel's messages go: sockets, or a list in a test. Called from many threads; none of its methods waits or throws.</summary>
internal interface IMessageOutlet
{
    /// <summary>A name of this kernel process, different after every start.</summary>
    string Session { get; }

    /// <summary>Answers a request over the channel it came from.</summary>
    void Reply(RequestChannel channel, JupyterMessage request, string type, JsonObject content);

    /// <summary>Tells everybody who listens.</summary>
    void Publish(string type, MessageHeader parent, JsonObject content);

    /// <summary>Asks the client that sent <paramref name="request"/> for input; the question's id, or null when that client has no channel for it.</summary>
    string? Ask(JupyterMessage request, JsonObject content);
}
