using System.CommandLine;
using System.Globalization;
using FeatureInterp.Models;
using FeatureInterp.Saes;

namespace FeatureInterp.Kernel.Commands;

/// <summary>The arguments that say what an SAE's files do not, the same for every verb that loads one.</summary>
internal sealed class SaeArguments
{
    private const string OfFiles = "files";

    private readonly Option<string?> _layout = new("--layout") { Description = "The layout of the files, by SAELens's name for its loader (gemma_2, sparsify, …); recognised when left out.", HelpName = "LOADER" };

    private readonly Option<string?> _factor = new("--norm-scaling-factor")
    {
        Description = "The factor of the activations to fold into the weights where the configuration waits for one (expected_average_only_in); 'files' for the one that Llama Scope's files give.",
        HelpName = "F",
    };

    private readonly Option<string?> _repository = new("--repository") { Description = "The repository the files come from, where its name says what they do not, such as google/gemma-scope-2b-pt-att.", HelpName = "ORG/NAME" };

    private readonly Option<string[]> _override = new("--override")
    {
        Description = "Another value for a field of SAELens's configuration, such as k=50 or normalize_activations=layer_norm. May be repeated.",
        HelpName = "NAME=VALUE",
        AllowMultipleArgumentsPerToken = false,
    };

    private readonly Option<string[]> _registry = new("--registry") { Description = "A further file of releases, in the form of SAELens's pretrained_saes.yaml. May be repeated.", HelpName = "FILE.yaml", AllowMultipleArgumentsPerToken = false };

    private readonly Option<string[]> _root = new("--root") { Description = "A folder to look for a release's files in. May be repeated.", HelpName = "DIR", AllowMultipleArgumentsPerToken = false };

    private readonly Option<bool> _download = new("--download") { Description = "Fetch a release's SAE from the hub if it is not on this machine." };

    public void AddTo(Command command)
    {
        foreach (var option in (Option[])[_layout, _factor, _repository, _override, _registry, _root, _download])
            command.Options.Add(option);
    }

    /// <exception cref="PromptException">A value is not of its option's form.</exception>
    public SaeLoadOptions Read(ParseResult parsed)
    {
        var factor = parsed.GetValue(_factor);
        return new SaeLoadOptions
        {
            Layout = parsed.GetValue(_layout),
            NormScalingFactor = factor is null or OfFiles ? null
                : double.TryParse(factor, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) && double.IsFinite(number) ? number
                : throw new PromptException($"--norm-scaling-factor {factor}: a number was expected, or 'files'."),
            FoldsFactorOfFiles = factor == OfFiles,
            Repository = parsed.GetValue(_repository),
            Overrides = Overrides(parsed.GetValue(_override) ?? []),
            Registries = parsed.GetValue(_registry) ?? [],
            Roots = parsed.GetValue(_root) ?? [],
            Download = parsed.GetValue(_download) ? Download.Allowed : Download.Never,
        };
    }

    /// <summary>Loads the SAE, showing a download.</summary>
    /// <param name="sae">A path, a name under data/saes, or RELEASE/ID.</param>
    /// <param name="options">What the files do not say.</param>
    /// <param name="cancellation">Stops a download.</param>
    public static async Task<SparseAutoencoder> LoadAsync(string sae, SaeLoadOptions options, CancellationToken cancellation)
    {
        if (options.Download == Download.Never || Path.Exists(sae) || SaeRegistry.Load(options.Registries).TryParse(sae) is not { } entry)
            return SparseAutoencoder.Load(sae, options);
        var progress = PullProgress.ForTerminal(Console.Error);
        return await progress.ShowAsync(() => Task.Run(() => SparseAutoencoder.Load(entry.Release.Name, entry.Id, options, progress, cancellation), cancellation)).ConfigureAwait(false);
    }

    private static Dictionary<string, string> Overrides(string[] settings)
    {
        var values = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var setting in settings)
        {
            var equals = setting.IndexOf('=', StringComparison.Ordinal);
            if (equals <= 0)
                throw new PromptException($"--override {setting}: wanted name=value, for example --override k=50.");
            values[setting[..equals].Trim()] = setting[(equals + 1)..].Trim();
        }

        return values;
    }
}
