using System.Globalization;
using System.Text.RegularExpressions;
using FeatureInterp.Models;

namespace FeatureInterp.Saes;

/// <summary>Goodfire's SAEs of Llama 3: one <c>.pt</c> or <c>.pth</c> with encoder_linear and decoder_linear; model and layer are in the file's name.</summary>
internal sealed partial class GoodfireLayout : ISaeLayout
{
    public string Name => "goodfire";

    public string Title => "Goodfire (one .pt or .pth with encoder_linear.weight)";

    public bool Recognizes(string path) => SingleFileSae.Holds(path, "encoder_linear.weight");

    public SaeFiles Read(string path, SaeLoadOptions options)
    {
        var arrays = SaeArrays.Open(path);
        var weights = LinearArrays.Read(arrays, "encoder_linear", "decoder_linear");
        var facts = options.Repository is null ? Facts("", Path.GetFileName(path)) : new SaeNames(path, options).Facts(Facts);
        return new SaeFiles(this, SingleFileSae.Standard(weights, facts, "lmsys/lmsys-chat-1m"), weights, [path]);
    }

    /// <summary>Reads the file's name.</summary>
    public static SaeNameFacts Facts(string repository, string path) => FileName().Match(path) is { Success: true } match
        ? new SaeNameFacts
        {
            ModelName = "meta-llama/" + match.Groups["model"].Value,
            HookIn = new HookPoint(HookSite.ResidPost, int.Parse(match.Groups["layer"].Value, CultureInfo.InvariantCulture)),
            DIn = match.Groups["size"].Value == "70" ? 8192 : 4096,
            DSae = 65536,
        }
        : SaeNameFacts.Unknown($"'{path}' names no model and layer (the files are called Llama-3.1-8B-Instruct-SAE-l19.pth and Llama-3.3-70B-Instruct-SAE-l50.pt)");

    [GeneratedRegex(@"(^|/)(?<model>Llama-3\.[13]-(?<size>8|70)B-Instruct)-SAE-l(?<layer>\d{1,4})\.pth?$", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex FileName();
}
