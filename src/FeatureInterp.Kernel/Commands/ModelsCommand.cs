using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using FeatureInterp.Display;
using FeatureInterp.Kernel.Runner;
using FeatureInterp.Models;

namespace FeatureInterp.Kernel.Commands;

/// <summary><c>featureinterp models</c>: lists the models on this machine and what each needs.</summary>
internal static class ModelsCommand
{
    private const int Thousand = 1024;

    public static Command Create()
    {
        var folder = new Option<string?>("--dir") { Description = "Look in this folder and those below it as well.", HelpName = "FOLDER" };
        var json = new Option<bool>("--json") { Description = "Print a list of objects, one a model, with exact numbers and paths." };
        var command = new Command("models", "List the models on this machine: under data/models, in the Hugging Face cache, in a folder; what each is, what it needs in memory, and whether it can be loaded.")
        {
            folder, json,
        };
        command.SetAction((parsed, _) =>
        {
            var models = new ModelInventory(HubSettings.FromEnvironment()).List(parsed.GetValue(folder));
            Console.Out.WriteLine(parsed.GetValue(json) ? Json(models) : Table(models).ToText(Width()));
            return Task.FromResult(ExitCode.Success);
        });
        return command;
    }

    private static int Width() => Console.IsOutputRedirected ? 240 : Math.Max(80, Console.WindowWidth);

    private static string Json(IReadOnlyList<ModelSummary> models) =>
        JsonSerializer.Serialize([.. models.Select(m => new ModelJson(m))], ModelsJson.Relaxed.IReadOnlyListModelJson);

    private static Table Table(IReadOnlyList<ModelSummary> models) => new(
        ["model", "where", "architecture", "type", new("parameters", Alignment.Right), new("weights", Alignment.Right), new("+ per 1k tokens", Alignment.Right), "loads"],
        [.. models.Select(m => (IReadOnlyList<Cell>)
        [
            m.Name,
            m.Source switch { ModelSource.Data => "data/models", ModelSource.Cache or ModelSource.Hub => "Hugging Face cache", _ => "folder" },
            m.Architecture is { } architecture ? architecture : "?",
            m.DType ?? "?",
            m.Parameters is { } parameters ? Count(parameters) : "?",
            ByteSize.Text(m.WeightBytes),
            m.KeyValueBytesPerToken is { } bytes ? ByteSize.Text(bytes * Thousand) : "?",
            m.Problem is { } problem ? "no: " + problem : "yes",
        ])],
        maxRows: int.MaxValue);

    private static string Count(long parameters) => parameters switch
    {
        < 1_000_000 => string.Create(CultureInfo.InvariantCulture, $"{parameters / 1e3:0.#} k"),
        < 1_000_000_000 => string.Create(CultureInfo.InvariantCulture, $"{parameters / 1e6:0.#} M"),
        _ => string.Create(CultureInfo.InvariantCulture, $"{parameters / 1e9:0.##} G"),
    };
}
