using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using FeatureInterp.Analysis;
using FeatureInterp.Kernel.Notebooks;
using FeatureInterp.Tensors;

namespace FeatureInterp.Kernel.Analyses;

/// <summary>
/// What results have in common when they are written as JSON: <c>{analysis, is_complete, model, sae, request, result, provenance}</c>, names in snake_case, null for what is no number.
/// </summary>
internal static class ResultJson
{
    private static readonly JsonWriterOptions Written = new() { Indented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>What writes a result to a path, beside the request it answers.</summary>
    /// <param name="analysis">The analysis's name.</param>
    /// <param name="isComplete">Whether all of the work was done.</param>
    /// <param name="provenance">Where the numbers come from.</param>
    /// <param name="result">The result's own fields.</param>
    public static Action<string, JsonObject> Saver(string analysis, bool isComplete, Provenance provenance, JsonObject result) =>
        (path, request) => AtomicFile.Write(path, stream => Write(stream, Written, analysis, isComplete, provenance, request, json => result.WriteTo(json)));

    /// <summary>The same for a result that may be large: written as it goes, without indentation.</summary>
    /// <param name="analysis">The analysis's name.</param>
    /// <param name="isComplete">Whether all of the work was done.</param>
    /// <param name="provenance">Where the numbers come from.</param>
    /// <param name="result">Writes the result as one JSON value.</param>
    public static Action<string, JsonObject> LargeSaver(string analysis, bool isComplete, Provenance provenance, Action<Utf8JsonWriter> result) =>
        (path, request) => AtomicFile.Write(path, stream => Write(stream, Written with { Indented = false }, analysis, isComplete, provenance, request, result));

    /// <summary>A number; null when it is none.</summary>
    public static JsonNode? Number(double? value) => value is { } v && double.IsFinite(v) ? JsonValue.Create(v) : null;

    /// <summary>A number of single precision, with no more digits than it has; null when it is none.</summary>
    public static JsonNode? Number(float value) => float.IsFinite(value) ? JsonValue.Create(value) : null;

    /// <summary>Numbers.</summary>
    public static JsonArray Numbers(IEnumerable<double> values) => [.. values.Select(v => Number(v))];

    /// <summary>Numbers of single precision.</summary>
    public static JsonArray Numbers(IEnumerable<float> values) => [.. values.Select(Number)];

    /// <summary>Whole numbers.</summary>
    public static JsonArray Numbers(IEnumerable<int> values) => [.. values.Select(v => (JsonNode?)JsonValue.Create(v))];

    /// <summary>Texts.</summary>
    public static JsonArray Texts(IEnumerable<string> values) => [.. values.Select(v => (JsonNode?)JsonValue.Create(v))];

    /// <summary>Objects.</summary>
    public static JsonArray Each<T>(IEnumerable<T> values, Func<T, JsonNode?> write) => [.. values.Select(write)];

    /// <summary>A tensor of one to three dimensions as lists of lists.</summary>
    public static JsonArray Of(Tensor tensor) => tensor.Shape.Length == 1
        ? Numbers(tensor.Span.ToArray())
        : [.. Enumerable.Range(0, tensor.Shape[0]).Select(i => (JsonNode?)(tensor.Shape.Length == 2 ? Numbers(tensor.Row(i).ToArray()) : Of(tensor[i])))];

    /// <summary>Tokens with a number each.</summary>
    public static JsonArray Scores(IEnumerable<TokenScore> tokens) =>
        Each(tokens, t => new JsonObject { ["token"] = t.Token, ["text"] = t.Text, ["score"] = Number(t.Score) });

    /// <summary>Effects that were foretold beside those that are.</summary>
    public static JsonObject Of(EffectPrediction effects) => new()
    {
        ["metric"] = effects.Metric,
        ["correlation"] = Number(effects.Correlation),
        ["slope"] = Number(effects.Slope),
        ["error"] = Number(effects.Error),
        ["effects"] = Each(effects.Effects, e => new JsonObject { ["name"] = e.Name, ["predicted"] = Number(e.Predicted), ["actual"] = Number(e.Actual) }),
    };

    // Every result has these fields, in this order.
    private static void Write(
        Stream stream, JsonWriterOptions form, string analysis, bool isComplete, Provenance provenance, JsonObject request, Action<Utf8JsonWriter> result)
    {
        using var json = new Utf8JsonWriter(stream, form);
        json.WriteStartObject();
        json.WriteString("analysis", analysis);
        json.WriteBoolean("is_complete", isComplete);
        json.WriteString("model", provenance.Model);
        json.WriteString("sae", provenance.Sae);
        json.WritePropertyName("request");
        request.WriteTo(json);
        json.WritePropertyName("result");
        result(json);
        json.WritePropertyName("provenance");
        Of(provenance).WriteTo(json);
        json.WriteEndObject();
        json.Flush();
        stream.WriteByte((byte)'\n');
    }

    private static JsonObject Of(Provenance p) => new()
    {
        ["model"] = p.Model,
        ["model_hash"] = p.ModelHash,
        ["model_flags"] = new JsonObject(p.ModelFlags.Select(f => KeyValuePair.Create(f.Key, (JsonNode?)f.Value))),
        ["sae"] = p.Sae,
        ["sae_hash"] = p.SaeHash,
        ["hook"] = p.Hook,
        ["bos"] = p.BosPolicy,
        ["seed"] = p.Seed,
        ["version"] = p.Version,
        ["warnings"] = Texts(p.Warnings),
        ["fit"] = p.Check is { } check ? new JsonObject { ["verdict"] = check.Headline, ["reasons"] = Texts(check.Reasons) } : null,
    };
}
