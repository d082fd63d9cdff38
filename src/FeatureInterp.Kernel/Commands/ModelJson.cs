using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using FeatureInterp.Models;

namespace FeatureInterp.Kernel.Commands;

/// <summary>A model as <c>--json</c> prints it.</summary>
internal sealed record ModelJson
{
    public ModelJson(ModelSummary model)
    {
        (Name, Path, Architecture, DType, Parameters, Problem) = (model.Name, model.Path, model.Architecture, model.DType, model.Parameters, model.Problem);
        Source = model.Source switch { ModelSource.Data => "data", ModelSource.Path => "folder", _ => "cache" };
        (WeightBytes, KeyValueBytesPerToken, CanLoad) = (model.WeightBytes, model.KeyValueBytesPerToken, model.Problem is null);
    }

    public string Name { get; }

    public string Path { get; }

    public string Source { get; }

    public string? Architecture { get; }

    [JsonPropertyName("dtype")]
    public string? DType { get; }

    public long? Parameters { get; }

    public long WeightBytes { get; }

    public long? KeyValueBytesPerToken { get; }

    public bool CanLoad { get; }

    public string? Problem { get; }
}

/// <summary>Writes <see cref="ModelJson"/>.</summary>
[JsonSerializable(typeof(IReadOnlyList<ModelJson>))]
internal sealed partial class ModelsJson : JsonSerializerContext
{
    public static ModelsJson Relaxed { get; } = new(new JsonSerializerOptions
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        WriteIndented = true,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    });
}
