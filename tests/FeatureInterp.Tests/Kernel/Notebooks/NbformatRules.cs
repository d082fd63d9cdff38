using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace FeatureInterp.Tests.Kernel.Notebooks;

/// <summary>The structure nbformat 4.5 asks for, as its format description has it.</summary>
internal static partial class NbformatRules
{
    public static JsonObject AssertValid(string ipynb)
    {
        var root = JsonNode.Parse(ipynb)!.AsObject();
        Assert.Equal(4, (int)root["nbformat"]!);
        Assert.Equal(5, (int)root["nbformat_minor"]!);
        var metadata = root["metadata"]!.AsObject();
        Assert.Equal(".net-csharp", (string?)metadata["kernelspec"]!["name"]);
        Assert.False(string.IsNullOrEmpty((string?)metadata["kernelspec"]!["display_name"]));
        Assert.False(string.IsNullOrEmpty((string?)metadata["language_info"]!["name"]));
        Assert.Equal(["cells", "metadata", "nbformat", "nbformat_minor"], root.Select(p => p.Key).Order(StringComparer.Ordinal));
        var cells = root["cells"]!.AsArray().Select(c => c!.AsObject()).ToList();
        Assert.Equal(cells.Count, cells.Select(c => (string)c["id"]!).Distinct().Count());
        cells.ForEach(AssertCell);
        return root;
    }

    private static void AssertCell(JsonObject cell)
    {
        Assert.Matches(Id(), (string)cell["id"]!);
        Assert.IsType<JsonObject>(cell["metadata"]);
        AssertLines(cell["source"]!);
        if ((string)cell["cell_type"]! == "markdown")
        {
            AssertKeys(cell, "cell_type", "id", "metadata", "source");
            return;
        }

        Assert.Equal("code", (string)cell["cell_type"]!);
        AssertKeys(cell, "cell_type", "execution_count", "id", "metadata", "outputs", "source");
        Assert.True(cell["execution_count"] is null || (int)cell["execution_count"]! >= 1);
        foreach (var output in cell["outputs"]!.AsArray())
            AssertOutput(output!.AsObject());
    }

    private static void AssertOutput(JsonObject output)
    {
        switch ((string)output["output_type"]!)
        {
            case "stream":
                AssertKeys(output, "name", "output_type", "text");
                Assert.Contains((string)output["name"]!, (string[])["stdout", "stderr"]);
                AssertLines(output["text"]!);
                break;
            case "display_data":
                AssertKeys(output, "data", "metadata", "output_type");
                AssertBundle(output["data"]!.AsObject());
                break;
            case "execute_result":
                AssertKeys(output, "data", "execution_count", "metadata", "output_type");
                AssertBundle(output["data"]!.AsObject());
                break;
            case "error":
                AssertKeys(output, "ename", "evalue", "output_type", "traceback");
                Assert.All(output["traceback"]!.AsArray(), l => Assert.NotNull((string?)l));
                break;
            default:
                Assert.Fail("unknown output type in " + output.ToJsonString());
                break;
        }
    }

    private static void AssertBundle(JsonObject data)
    {
        Assert.True(data.ContainsKey("text/plain"));
        foreach (var (type, content) in data)
        {
            if (type.StartsWith("text/", StringComparison.Ordinal) || type == "image/svg+xml")
                AssertLines(content!);
        }
    }

    // A list of lines: each but the last ends with its line feed, none has one inside.
    private static void AssertLines(JsonNode node)
    {
        var lines = node.AsArray().Select(l => (string)l!).ToList();
        Assert.All(lines.SkipLast(1), l => Assert.EndsWith("\n", l));
        Assert.All(lines, l => Assert.DoesNotContain("\n", l.Length == 0 ? throw new InvalidOperationException("empty line") : l[..^1]));
    }

    private static void AssertKeys(JsonObject value, params string[] keys) => Assert.Equal(keys, value.Select(p => p.Key).Order(StringComparer.Ordinal));

    [GeneratedRegex("^[a-zA-Z0-9-_]{1,64}$")]
    private static partial Regex Id();
}
