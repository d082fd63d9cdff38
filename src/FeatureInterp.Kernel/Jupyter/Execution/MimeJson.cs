using System.Text.Json;
using System.Text.Json.Nodes;
using FeatureInterp.Kernel.Notebooks;

namespace FeatureInterp.Kernel.Jupyter;

/// <summary>A value's MIME types as messages carry them: JSON types as JSON, everything else as a string, plain text always.</summary>
internal static class MimeJson
{
    /// <summary>The <c>data</c> of a display, a result or an inspection.</summary>
    public static JsonObject From(MimeBundle bundle)
    {
        var data = new JsonObject();
        foreach (var (type, content) in bundle.Items)
            data[type] = MimeBundle.IsJson(type) ? Parsed(content) : content;
        if (bundle.PlainText is null)
            data[MimeBundle.PlainTextType] = bundle.Items.IsEmpty ? "" : $"({string.Join(", ", bundle.Items.Keys)})";
        return data;
    }

    private static JsonNode? Parsed(string content)
    {
        try
        {
            return JsonNode.Parse(content);
        }
        catch (JsonException)
        {
            return content;
        }
    }
}
