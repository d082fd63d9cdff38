using System.Reflection;
using System.Text.Json.Nodes;

namespace FeatureInterp.Kernel.Jupyter;

/// <summary><c>kernel_info_request</c>: what this kernel is and which language it runs.</summary>
/// <param name="watch">Knows what became of the kernel before.</param>
internal sealed class KernelInfoHandler(ICellWatch watch) : IRequestHandler
{
    /// <summary>The language as notebooks name it.</summary>
    public const string Language = "C#";

    /// <summary>The program's version, without the commit.</summary>
    public static string Version { get; } =
        (typeof(KernelInfoHandler).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion ?? "0").Split('+')[0];

    /// <inheritdoc/>
    public IReadOnlyList<string> Types => ["kernel_info_request"];

    /// <inheritdoc/>
    public bool BesideCells => true;

    /// <inheritdoc/>
    public Task<JsonObject?> HandleAsync(Request request, CancellationToken token)
    {
        var reply = Replies.Ok();
        reply["protocol_version"] = MessageCodec.ProtocolVersion;
        reply["implementation"] = "featureinterp";
        reply["implementation_version"] = Version;
        reply["language_info"] = new JsonObject
        {
            ["name"] = Language,
            ["version"] = "14.0",
            ["mimetype"] = "text/x-csharp",
            ["file_extension"] = ".cs",
            ["pygments_lexer"] = "csharp",
            ["codemirror_mode"] = "text/x-csharp",
        };
        reply["banner"] = $"FeatureInterp {Version}: C# 14 on .NET {Environment.Version}{(watch.Report is { } report ? "\n" + report : "")}";
        reply["debugger"] = false;
        reply["help_links"] = new JsonArray(Link("C# reference", "https://learn.microsoft.com/dotnet/csharp/"), Link(".NET API", "https://learn.microsoft.com/dotnet/api/"));
        return Task.FromResult<JsonObject?>(reply);
    }

    private static JsonObject Link(string text, string url) => new() { ["text"] = text, ["url"] = url };
}
