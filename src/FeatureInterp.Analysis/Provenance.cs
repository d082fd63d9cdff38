using System.Globalization;
using System.Reflection;
using FeatureInterp.Display;
using FeatureInterp.Models;
using FeatureInterp.Saes;

namespace FeatureInterp.Analysis;

/// <summary>Where a result's numbers come from: enough to make them again, or to see why they differ.</summary>
/// <param name="Model">The model's name.</param>
/// <param name="ModelHash">The fingerprint of its weights; see <see cref="FileFingerprint"/>.</param>
/// <param name="ModelFlags">The choices that change its numbers, such as the layer order.</param>
/// <param name="Sae">The SAE's name; null for an analysis of the model alone.</param>
/// <param name="SaeHash">The fingerprint of its weights, or null.</param>
/// <param name="Hook">The hook it reads, or null.</param>
/// <param name="BosPolicy">Whether the prompts begin with the beginning-of-sequence token.</param>
/// <param name="Seed">The seed of whatever was drawn at random; null when nothing was.</param>
/// <param name="Version">This library's version.</param>
/// <param name="Warnings">What is odd about the pair.</param>
/// <param name="Check">Whether the SAE fits the model, tried out when the pair was first used; null for an analysis of the model alone.</param>
public sealed record Provenance(
    string Model,
    string ModelHash,
    IReadOnlyDictionary<string, string> ModelFlags,
    string? Sae,
    string? SaeHash,
    string? Hook,
    string BosPolicy,
    long? Seed,
    string Version,
    IReadOnlyList<string> Warnings,
    SaeCheckResult? Check = null)
{
    /// <summary>
    /// What can be said of a model, an SAE and the token ids that were run. The first time for a pair, the SAE is checked against the
    /// model (<see cref="SaeCheck"/>), on texts that begin as the prompts do; <see cref="SaeCheck.Skip"/> turns that off.
    /// </summary>
    /// <param name="model">The model.</param>
    /// <param name="sae">The SAE.</param>
    /// <param name="prompts">The token ids of each prompt.</param>
    /// <param name="seed">The seed, if anything was drawn at random.</param>
    public static Provenance Of(Transformer model, SparseAutoencoder sae, IReadOnlyList<int[]> prompts, long? seed = null) => new(
        model.Name,
        model.WeightsHash,
        model.Flags,
        sae.Name,
        sae.WeightsHash,
        sae.Config.Hook.ToString(),
        Bos(model, prompts),
        seed,
        LibraryVersion,
        sae.Warnings(model),
        SaeCheck.Once(sae, model, BeginWithBos(model, prompts)));

    /// <summary>What can be said of a model alone and the token ids that were run.</summary>
    /// <param name="model">The model, with the weight processing it was run with.</param>
    /// <param name="prompts">The token ids of each prompt; none for an analysis of weights.</param>
    /// <param name="seed">The seed, if anything was drawn at random.</param>
    public static Provenance Of(Transformer model, IReadOnlyList<int[]> prompts, long? seed = null) =>
        new(model.Name, model.WeightsHash, model.Flags, null, null, null, Bos(model, prompts), seed, LibraryVersion, []);

    /// <summary>The facts, one a row.</summary>
    public Table ToTable() => new(
        ["provenance", ""],
        [
            .. Check is null or { Verdict: SaeVerdict.Fits or SaeVerdict.NotChecked } ? [] : Check.Reasons.Prepend($"{Sae} {Headline(Check)}.").Select(r => Row("warning", r)),
            .. Warnings.Select(w => Row("warning", w)),
            Row("model", $"{Model} ({Short(ModelHash)})"),
            .. ModelFlags.Select(f => Row(f.Key, f.Value)),
            .. Sae is null ? [] : (Cell[][])[Row("SAE", $"{Sae} at {Hook} ({Short(SaeHash ?? "")})")],
            .. Fit(),
            Row("BOS", BosPolicy),
            Row("seed", Seed?.ToString(CultureInfo.InvariantCulture) ?? "none: nothing is drawn at random"),
            Row("FeatureInterp", Version),
        ]);

    // The verdict, and a row for each number behind it.
    private IEnumerable<Cell[]> Fit()
    {
        if (Check is null)
            return [];
        return Check.Verdict == SaeVerdict.NotChecked
            ? [Row("fit", $"not checked: {string.Join(' ', Check.Reasons)}")]
            : [Row("fit", Check.Headline), .. Check.Numbers.Split(", ").Select(n => Row("", n))];
    }

    private static string LibraryVersion =>
        typeof(Provenance).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion.Split('+')[0] ?? "unknown";

    private static Cell[] Row(string name, string value) => [name, value];

    private static string Short(string hash) => hash[..Math.Min(hash.Length, hash.IndexOf(':', StringComparison.Ordinal) + 13)];

    // "doubtful" is said of a pair, "does not fit" of an SAE.
    private static string Headline(SaeCheckResult check) => check.Verdict == SaeVerdict.Doubtful ? "may not fit: " + check.Headline : check.Headline;

    private static bool? BeginWithBos(Transformer model, IReadOnlyList<int[]> prompts) =>
        model.Tokenizer?.BosId is { } bos && prompts.Count > 0 ? prompts.Any(p => p[0] == bos) : null;

    private static string Bos(Transformer model, IReadOnlyList<int[]> prompts)
    {
        if (prompts.Count == 0)
            return "no prompt was run";
        if (model.Tokenizer?.BosId is not { } bos)
            return "not known: the model has no tokenizer that names the token";
        var with = prompts.Count(p => p[0] == bos);
        return with == prompts.Count ? "every prompt begins with it, once"
            : with == 0 ? "no prompt begins with it: models of this family expect it"
            : $"only {with} of {prompts.Count} prompts begin with it";
    }
}
