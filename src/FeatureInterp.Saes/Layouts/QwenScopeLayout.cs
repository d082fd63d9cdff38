using System.Globalization;
using System.Text.RegularExpressions;
using FeatureInterp.Models;

namespace FeatureInterp.Saes;

/// <summary>
/// Qwen Scope: <c>layer7.sae.pt</c> with W_enc [d_sae, d_in] and W_dec [d_in, d_sae]. How many features are kept stands nowhere but in the repository's name:
/// <c>Qwen/SAE-Res-Qwen3-1.7B-Base-W32K-L0_50</c>.
/// </summary>
internal sealed partial class QwenScopeLayout : ISaeLayout
{
    private static readonly Dictionary<string, int?> Models = new(StringComparer.Ordinal)
    {
        ["Qwen3-1.7B-Base"] = 2048,
        ["Qwen3-8B-Base"] = 4096,
        ["Qwen3-30B-A3B-Base"] = 2048,
        ["Qwen3.5-2B-Base"] = null,
        ["Qwen3.5-9B-Base"] = null,
        ["Qwen3.5-27B"] = 5120,
        ["Qwen3.5-35B-A3B-Base"] = null,
    };

    public string Name => "qwen_scope";

    public string Title => "Qwen Scope (layerN.sae.pt)";

    public bool Recognizes(string path) => FileName().IsMatch(Path.GetFileName(path)) && File.Exists(path);

    public bool CouldBe(string path) => SingleFileSae.IsTorch(path) && File.Exists(path);

    public SaeFiles Read(string path, SaeLoadOptions options)
    {
        var arrays = SaeArrays.Open(path);
        var encoder = arrays.Encoder("W_enc", featuresFirst: true);
        var (dIn, dSae) = (encoder.Width, encoder.Features);
        var facts = new SaeNames(path, options).Facts(Facts);
        var k = SaeOverrides.K(options) ?? facts.K
            ?? throw new SaeException($"{path}: the file does not say how many features of a token are kept (k); name its repository, such as Qwen/SAE-Res-Qwen3-1.7B-Base-W32K-L0_50 (SaeLoadOptions.Repository, --repository), or k itself (SaeLoadOptions.Overrides, --override k=50).");
        return new SaeFiles(this, new SaeConfig
        {
            Architecture = SaeArchitecture.TopK,
            DIn = dIn,
            DOut = dIn,
            DSae = dSae,
            ApplyBDecToInput = false,
            TopK = k >= 1 && k <= dSae ? new SaeTopK(k) : throw new SaeException($"{path}: {k} features of a token are to be kept, but there are {dSae}; is the repository or k the right one?"),
            HookIn = facts.HookIn,
            Origin = new SaeOrigin { ModelName = facts.ModelName, ContextSize = 1024 },
        }, new SaeWeights
        {
            Encoder = encoder,
            EncoderBias = arrays.Vector("b_enc", dSae),
            Decoder = arrays.Decoder("W_dec", featuresFirst: false, dSae, dIn),
            DecoderBias = arrays.Vector("b_dec", dIn),
        }, [path]);
    }

    /// <summary>Reads the names of the repository and the file.</summary>
    public static SaeNameFacts Facts(string repository, string path)
    {
        if (Repository().Match(repository) is not { Success: true } match || !Models.TryGetValue(match.Groups["model"].Value, out var width))
            return SaeNameFacts.Unknown($"'{repository}' names no model of Qwen Scope (a repository is called SAE-Res-Qwen3-1.7B-Base-W32K-L0_50 or alike; the models are {string.Join(", ", Models.Keys)})");
        if (FileName().Match(path) is not { Success: true } file)
            return SaeNameFacts.Unknown($"'{path}' names no layer (the file is called layer7.sae.pt or alike)");
        return new SaeNameFacts
        {
            ModelName = "Qwen/" + match.Groups["model"].Value,
            HookIn = new HookPoint(HookSite.ResidPost, int.Parse(file.Groups["layer"].Value, CultureInfo.InvariantCulture)),
            DIn = width,
            DSae = int.Parse(match.Groups["width"].Value, CultureInfo.InvariantCulture) * 1024,
            K = int.Parse(match.Groups["k"].Value, CultureInfo.InvariantCulture),
        };
    }

    [GeneratedRegex(@"(^|/)SAE-Res-(?<model>Qwen.+)-W(?<width>\d{1,5})K-L0_(?<k>\d{1,6})$", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Repository();

    [GeneratedRegex(@"(^|/)layer(?<layer>\d{1,4})\.sae\.pt$", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex FileName();
}
