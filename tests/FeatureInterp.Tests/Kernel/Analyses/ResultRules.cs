using System.Text.Json;
using System.Text.Json.Nodes;
using FeatureInterp.Kernel.Analyses;

namespace FeatureInterp.Tests.Kernel.Analyses;

/// <summary>What every <c>result.json</c> has to be.</summary>
internal static class ResultRules
{
    private static readonly string[] Fields = ["analysis", "is_complete", "model", "sae", "request", "result", "provenance"];
    private static readonly string[] NoNumbers = ["NaN", "Infinity", "-Infinity", "∞", "-∞"];

    /// <summary>Checks the fields that all results share, and every number.</summary>
    /// <param name="document">The document.</param>
    /// <param name="analysis">Whose result it is.</param>
    /// <param name="request">The request it answers.</param>
    /// <param name="isComplete">Whether all of the work was done.</param>
    public static void Check(JsonElement document, string analysis, string request, bool isComplete)
    {
        Assert.Equal(Fields, document.EnumerateObject().Select(p => p.Name));
        Assert.Equal(analysis, document.GetProperty("analysis").GetString());
        Assert.Equal(isComplete, document.GetProperty("is_complete").GetBoolean());
        var provenance = document.GetProperty("provenance");
        Assert.Equal("talegrid-6m", document.GetProperty("model").GetString());
        Assert.Equal("talegrid-6m", provenance.GetProperty("model").GetString());
        Assert.StartsWith("sha256:", provenance.GetProperty("model_hash").GetString(), StringComparison.Ordinal);
        Assert.Equal(document.GetProperty("sae").GetString(), provenance.GetProperty("sae").GetString());
        Assert.Equal(JsonValueKind.Object, document.GetProperty("result").ValueKind);
        Assert.NotEmpty(document.GetProperty("result").EnumerateObject());
        // Every key of the request, and nothing else.
        var asked = RequestYaml.Parse("request", request);
        Assert.Equal(asked.Entries.Keys, document.GetProperty("request").EnumerateObject().Select(p => p.Name));
        Assert.True(JsonNode.DeepEquals(asked.ToJson(), JsonNode.Parse(document.GetProperty("request").GetRawText())));
        Numbers(document);
    }

    private static void Numbers(JsonElement element)
    {
        switch (element.ValueKind)
        {
            case JsonValueKind.Number:
                Assert.True(double.IsFinite(element.GetDouble()), element.GetRawText());
                break;
            case JsonValueKind.String:
                Assert.DoesNotContain(element.GetString(), NoNumbers);
                break;
            case JsonValueKind.Object:
                foreach (var property in element.EnumerateObject())
                    Numbers(property.Value);
                break;
            case JsonValueKind.Array:
                foreach (var item in element.EnumerateArray())
                    Numbers(item);
                break;
        }
    }
}
