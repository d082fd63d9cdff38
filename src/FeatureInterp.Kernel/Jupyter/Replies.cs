using System.Text.Json.Nodes;
using FeatureInterp.Kernel.Notebooks;

namespace FeatureInterp.Kernel.Jupyter;

/// <summary>The contents all replies share.</summary>
internal static class Replies
{
    /// <summary>A reply that begins with <c>"status": "ok"</c>.</summary>
    public static JsonObject Ok() => new() { ["status"] = "ok" };

    /// <summary>The reply to a request that was not begun, because one before it failed.</summary>
    public static JsonObject Aborted() => new() { ["status"] = "aborted" };

    /// <summary>A reply that says why there is none.</summary>
    public static JsonObject Error(string name, string message) => Error(new ErrorOutput(name, message, [$"{name}: {message}"]));

    /// <summary>A reply with an error's name, message and traceback.</summary>
    public static JsonObject Error(ErrorOutput error)
    {
        var reply = new JsonObject { ["status"] = "error" };
        foreach (var (name, value) in ErrorContent(error))
            reply[name] = value?.DeepClone();
        return reply;
    }

    /// <summary>What an <c>error</c> message and an error reply say.</summary>
    public static JsonObject ErrorContent(ErrorOutput error) => new()
    {
        ["ename"] = error.Name,
        ["evalue"] = error.Message,
        ["traceback"] = new JsonArray([.. error.Traceback.Select(l => (JsonNode)l)]),
    };
}
