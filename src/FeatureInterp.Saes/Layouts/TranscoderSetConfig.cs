using System.Globalization;
using FeatureInterp.Models;

namespace FeatureInterp.Saes;

/// <summary>The <c>config.yaml</c> beside transcoders made for circuit tracing: the model, and the hooks without their layer.</summary>
/// <param name="ModelName">The model.</param>
/// <param name="HookIn">Such as <c>mlp.hook_in</c>.</param>
/// <param name="HookOut">Such as <c>hook_mlp_out</c>.</param>
internal sealed record TranscoderSetConfig(string? ModelName, string HookIn, string HookOut)
{
    /// <summary>The file's name.</summary>
    public const string File = "config.yaml";

    /// <summary>Reads the file of a folder; null when there is none.</summary>
    /// <exception cref="ModelFileException">It is no YAML of the kind.</exception>
    public static TranscoderSetConfig? Read(string folder)
    {
        var path = Path.Combine(folder, File);
        if (!System.IO.File.Exists(path))
            return null;
        var file = ConfigFile.Of(path, SaeYaml.Read(path));
        return new TranscoderSetConfig(file.Text("model_name"), file.Text("feature_input_hook") ?? "mlp.hook_in", file.Text("feature_output_hook") ?? "hook_mlp_out");
    }

    /// <summary>The hook of one layer.</summary>
    /// <exception cref="SaeException">There is no such hook.</exception>
    public static HookPoint Hook(int layer, string name) =>
        SaeHook.Parse(string.Create(CultureInfo.InvariantCulture, $"blocks.{layer}.{name}"), TranscoderSetConfig.File);
}
