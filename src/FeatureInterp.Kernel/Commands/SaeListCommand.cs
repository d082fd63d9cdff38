using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using FeatureInterp.Display;
using FeatureInterp.Kernel.Runner;
using FeatureInterp.Saes;

namespace FeatureInterp.Kernel.Commands;

/// <summary><c>featureinterp sae list</c>: the SAEs that can be loaded by name.</summary>
internal static class SaeListCommand
{
    // What fits on a few screens; JSON has all.
    private const int MaxRows = 200;

    public static Command Create()
    {
        var filter = new Option<string?>("--filter") { Description = "Only those whose release, name, hook or Neuronpedia name has this text.", HelpName = "TEXT" };
        var model = new Option<string?>("--model") { Description = "Only those of this model: its name, or the end of it.", HelpName = "M" };
        var registry = new Option<string[]>("--registry") { Description = "A further file of releases, in the form of SAELens's pretrained_saes.yaml. May be repeated.", HelpName = "FILE.yaml", AllowMultipleArgumentsPerToken = false };
        var json = new Option<bool>("--json") { Description = "Print a list of objects, one an SAE." };
        var command = new Command("list", "List the SAEs that can be loaded by RELEASE/ID. Without --filter and --model, one line a release. '*' stands for any number.") { filter, model, registry, json };
        command.SetAction((parsed, _) =>
        {
            var releases = SaeRegistry.Load(parsed.GetValue(registry) ?? []).Releases.Where(r => IsOf(r.Model, parsed.GetValue(model))).ToList();
            var asJson = parsed.GetValue(json);
            if (!asJson && parsed.GetValue(filter) is null && parsed.GetValue(model) is null)
            {
                Console.Out.WriteLine(Table(releases).ToText(Width()));
                return Task.FromResult(ExitCode.Success);
            }

            var saes = releases.SelectMany(r => r.Saes).Where(s => Has(s, parsed.GetValue(filter))).ToList();
            Console.Out.WriteLine(asJson ? JsonSerializer.Serialize([.. saes.Select(s => new SaeEntryJson(s))], SaesJson.Relaxed.IReadOnlyListSaeEntryJson) : Table(saes).ToText(Width()));
            if (!asJson && saes.Count > MaxRows)
                Console.Error.WriteLine($"{saes.Count - MaxRows} more; narrow the search with --filter, or print all with --json.");
            return Task.FromResult(ExitCode.Success);
        });
        return command;
    }

    private static int Width() => Console.IsOutputRedirected ? 240 : Math.Max(80, Console.WindowWidth);

    private static bool IsOf(string? model, string? wanted) => wanted is null
        || string.Equals(model, wanted, StringComparison.OrdinalIgnoreCase)
        || string.Equals(Path.GetFileName(model), Path.GetFileName(wanted), StringComparison.OrdinalIgnoreCase);

    private static bool Has(SaeEntry sae, string? text) => text is null
        || new[] { sae.ToString(), sae.Hook, sae.NeuronpediaId, sae.Release.Repository }.Any(t => t?.Contains(text, StringComparison.OrdinalIgnoreCase) ?? false);

    private static Table Table(IReadOnlyList<SaeRelease> releases) => new(
        ["release", "model", new("SAEs", Alignment.Right), "first", "repository"],
        [.. releases.Select(r => (IReadOnlyList<Cell>)[r.Name, r.Model ?? "?", r.Saes.Count().ToString(CultureInfo.InvariantCulture), r.Saes.FirstOrDefault()?.Id ?? "", r.Repository ?? "comes with the project"])],
        maxRows: int.MaxValue);

    private static Table Table(IReadOnlyList<SaeEntry> saes) => new(
        ["SAE", "model", "hook", new("features", Alignment.Right), new("L0", Alignment.Right), new("EV", Alignment.Right), "Neuronpedia"],
        [.. saes.Take(MaxRows).Select(s => (IReadOnlyList<Cell>)
        [
            s.ToString(), s.Release.Model ?? "?", s.Hook ?? "", Number(s.Width), Number(s.L0), Number(s.VarianceExplained), s.NeuronpediaId ?? "",
        ])],
        maxRows: int.MaxValue);

    private static string Number(double? value) => value?.ToString("0.###", CultureInfo.InvariantCulture) ?? "";
}
