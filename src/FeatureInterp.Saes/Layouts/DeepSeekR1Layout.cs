using System.Globalization;
using System.Text.RegularExpressions;
using FeatureInterp.Models;

namespace FeatureInterp.Saes;

/// <summary>The SAEs of DeepSeek-R1-Distill-Llama-8B: one <c>.pt</c> with encoder and decoder as linear layers; the layer is in the file's name (<c>…-l19.pt</c>).</summary>
internal sealed partial class DeepSeekR1Layout : ISaeLayout
{
    public string Name => "deepseek_r1";

    public string Title => "DeepSeek R1 (one .pt with encoder.weight)";

    public bool Recognizes(string path) => SingleFileSae.Holds(path, "encoder.weight") && Path.GetFileName(path) != "ae.pt";

    public SaeFiles Read(string path, SaeLoadOptions options)
    {
        var arrays = SaeArrays.Open(path);
        var weights = LinearArrays.Read(arrays, "encoder", "decoder");
        var facts = options.Repository is null ? Facts("", Path.GetFileName(path)) : new SaeNames(path, options).Facts(Facts);
        var config = SingleFileSae.Standard(weights, facts, "lmsys/lmsys-chat-1m");
        return new SaeFiles(this, config with { Origin = config.Origin with { ContextSize = 1024 } }, weights, [path]);
    }

    /// <summary>Reads the file's name.</summary>
    public static SaeNameFacts Facts(string repository, string path) => Layer().Match(path) is { Success: true } match
        ? new SaeNameFacts
        {
            ModelName = "deepseek-ai/DeepSeek-R1-Distill-Llama-8B",
            HookIn = new HookPoint(HookSite.ResidPost, int.Parse(match.Groups["layer"].Value, CultureInfo.InvariantCulture)),
            DIn = 4096,
            DSae = 65536,
        }
        : SaeNameFacts.Unknown($"'{path}' names no layer (the file is called DeepSeek-R1-Distill-Llama-8B-SAE-l19.pt or alike)");

    [GeneratedRegex(@"-l(?<layer>\d{1,4})\.pt$", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Layer();
}
