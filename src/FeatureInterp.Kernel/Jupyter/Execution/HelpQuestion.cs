using System.Diagnostics.CodeAnalysis;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using FeatureInterp.Kernel.Scripting;

namespace FeatureInterp.Kernel.Jupyter;

/// <summary>A cell such as <c>Console.WriteLine?</c> or <c>?model</c>, which is no C#: it asks what the name is, and front ends show the answer in a pager.</summary>
internal static partial class HelpQuestion
{
    /// <summary>Whether a cell asks about a name, and which.</summary>
    public static bool TryParse(string code, [NotNullWhen(true)] out string? name)
    {
        var match = code.Length <= 1000 ? Question().Match(code.Trim()) : Match.Empty;
        name = match.Success ? match.Groups["name"].Value : null;
        return match.Success;
    }

    /// <summary>The payload of the reply: one page.</summary>
    public static JsonArray Answer(ICodeAssistant assistant, string name, CancellationToken token)
    {
        var data = assistant.Inspect(name, name.Length, 1, token) is { } found
            ? MimeJson.From(found.Data)
            : new JsonObject { ["text/plain"] = $"Nothing is known of '{name}'." };
        return [new JsonObject { ["source"] = "page", ["data"] = data, ["start"] = 0 }];
    }

    [GeneratedRegex(@"^(\?\s*(?<name>[\p{L}_][\p{L}\p{Nd}_.]*)|(?<name>[\p{L}_][\p{L}\p{Nd}_.]*)\s*\?)$", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Question();
}
