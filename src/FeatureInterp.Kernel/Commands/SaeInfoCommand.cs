using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using FeatureInterp.Display;
using FeatureInterp.Kernel.Runner;
using FeatureInterp.Models;
using FeatureInterp.Saes;

namespace FeatureInterp.Kernel.Commands;

/// <summary><c>featureinterp sae info</c>: everything an SAE's files say.</summary>
internal static class SaeInfoCommand
{
    private const int MaxFieldLength = 100;

    public static Command Create()
    {
        var saes = new Argument<string[]>("sae") { Description = "A folder or file, the name of one under data/saes, or RELEASE/ID. May be repeated.", Arity = ArgumentArity.OneOrMore };
        var arguments = new SaeArguments();
        var json = new Option<bool>("--json") { Description = "Print a list of objects, one an SAE." };
        var command = new Command("info", "Say what an SAE is: the layout its files were recognised as, what it computes, where it belongs, what is known of its training.") { saes, json };
        arguments.AddTo(command);
        command.SetAction(async (parsed, _) =>
        {
            using var interrupts = new Interrupts();
            var options = arguments.Read(parsed);
            var loaded = new List<SparseAutoencoder>();
            foreach (var sae in parsed.GetRequiredValue(saes))
                loaded.Add(await SaeArguments.LoadAsync(sae, options, interrupts.Token).ConfigureAwait(false));
            if (parsed.GetValue(json))
                Console.Out.WriteLine(JsonSerializer.Serialize([.. loaded.Select(s => new SaeInfoJson(s))], SaesJson.Relaxed.IReadOnlyListSaeInfoJson));
            else
                Console.Out.WriteLine(string.Join("\n\n", loaded.Select(s => Table(s).ToText(int.MaxValue))));
            return ExitCode.Success;
        });
        return command;
    }

    /// <summary>The architecture by SAELens's name, without 'transcoder'.</summary>
    public static string Kind(SaeConfig config) => config.Architecture switch
    {
        SaeArchitecture.TopK => config.TopK!.ByMagnitude ? "abstopk" : "topk",
        SaeArchitecture.MatchingPursuit => "matching_pursuit",
        var kind => kind.ToString().ToLowerInvariant(),
    };

    /// <summary>The normalisation by SAELens's name.</summary>
    public static string Normalization(SaeConfig config) => config.Normalization switch
    {
        SaeNormalization.ConstantNormRescale => "constant_norm_rescale",
        SaeNormalization.LayerNorm => "layer_norm",
        SaeNormalization.ConstantScalarRescale => string.Create(CultureInfo.InvariantCulture, $"constant_scalar_rescale ({config.NormalizationFactor})"),
        _ => config.Origin.UnfoldedNormalization is { } unfolded ? unfolded + " (not folded in)" : "none",
    };

    private static Table Table(SparseAutoencoder sae)
    {
        var (config, origin) = (sae.Config, sae.Config.Origin);
        var rows = new List<(string Name, string? Value)>
        {
            ("layout", sae.Layout),
            ("architecture", Kind(config) + (config.IsTranscoder ? " transcoder" : "") + (config.TopK is { } topK ? $", k {topK.K}" : config.Temporal?.TopK is { } k ? $", k {k}" : "")),
            ("features", config.DSae.ToString(CultureInfo.InvariantCulture)),
            ("d_in", config.DIn.ToString(CultureInfo.InvariantCulture) + (config.DOut == config.DIn ? "" : $", d_out {config.DOut}")),
            ("hook", config.HookIn is { } hook ? hook + (config.HookOut is { } written ? $" → {written}" : "") : "not known: name it when loading"),
            ("heads", config.FlattensHeads ? "laid side by side" : null),
            ("normalisation", Normalization(config)),
            ("b_dec taken from the input", config.ApplyBDecToInput ? "yes" : "no"),
            ("model", config.ModelName ?? "not known"),
            ("texts", origin.Dataset),
            ("context", origin.ContextSize?.ToString(CultureInfo.InvariantCulture)),
            ("beginning-of-sequence token", config.PrependBos ? "yes" : "no"),
            ("L0, published", origin.L0?.ToString("0.###", CultureInfo.InvariantCulture)),
            ("explained variance, published", origin.VarianceExplained?.ToString("0.###", CultureInfo.InvariantCulture)),
            ("Neuronpedia", origin.NeuronpediaId),
        };
        rows.AddRange(origin.OtherFields.Select(f => ("also says: " + f.Key, (string?)OneLine(f.Value))));
        rows.AddRange(sae.LoadWarnings.Select(w => ("odd", (string?)w)));
        rows.AddRange(sae.Files.Select(f => ("file", (string?)$"{f} ({ByteSize.Text(new FileInfo(f).Length)})")));
        rows.Add(("hash", sae.WeightsHash));
        return new Table([sae.Name, ""], [.. rows.Where(r => r.Value is not null).Select(r => (IReadOnlyList<Cell>)[r.Name, r.Value!])], maxRows: int.MaxValue);
    }

    // An object may go over many lines; --json has all of it.
    private static string OneLine(string json)
    {
        var line = string.Join(' ', json.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries));
        return line.Length <= MaxFieldLength ? line : line[..MaxFieldLength] + "…";
    }
}
