using System.Globalization;
using System.Text.Json.Serialization;
using FeatureInterp.Models;
using FeatureInterp.Saes;

namespace FeatureInterp.Analysis;

/// <summary>The texts of a steering sweep that are complete, as its state file holds them.</summary>
/// <param name="Subject">What the sweep is of and how it is made.</param>
/// <param name="Texts">The texts, in the order in which they were made.</param>
internal sealed record SteeringState(string Subject, List<SteeredText> Texts)
{
    private static StateFile<SteeringState> NewFile => new(SteeringStateJson.Default.SteeringState, "steering sweep");

    /// <summary>The state of a sweep before its first text, or where its file left it; and what writes it.</summary>
    /// <exception cref="AnalysisException">The file is damaged, or is of another sweep.</exception>
    public static (SteeringState State, StateFile<SteeringState> File) Begin(
        Transformer model, SparseAutoencoder sae, IReadOnlyList<int[]> prompts, int[] features, double[] strengths, IReadOnlyDictionary<int, double> amounts, SteeringOptions options)
    {
        var subject = options.StateFile is null ? "" : SubjectOf(model, sae, prompts, features, strengths, amounts, options);
        var file = NewFile;
        var samplings = options.Samplings.Count;
        var kept = options.Resume ? file.Load(options.StateFile!, subject, s => s.Subject, s => s.Texts is { } texts && texts.TrueForAll(t => IsSane(t) && t.Prompt < prompts.Count && t.Sampling < samplings
            && (t.Feature is null ? t.Strength == 0 : features.Contains(t.Feature.Value) && strengths.Contains(t.Strength)) && t.Tokens.Count <= options.NewTokens
            && t.Tokens.All(token => (uint)token < (uint)model.Config.VocabSize))) : null;
        return (kept ?? new SteeringState(subject, []), file);
    }

    private static bool IsSane(SteeredText? text) =>
        text is { Prompt: >= 0, Sampling: >= 0, Tokens.Count: > 0, TokenTexts: not null, Text: not null, Finished: { } finished, LogProbabilities: not null, UnsteeredLogProbabilities: not null, IsShared: not null }
        && Enum.IsDefined(finished) && text.TokenTexts.Count == text.Tokens.Count && text.TokenTexts.All(t => t is not null)
        && text.LogProbabilities.Count == text.Tokens.Count && text.UnsteeredLogProbabilities.Count == text.Tokens.Count;

    // All of the request; how many texts are made together changes none of them.
    private static string SubjectOf(
        Transformer model, SparseAutoencoder sae, IReadOnlyList<int[]> prompts, int[] features, double[] strengths, IReadOnlyDictionary<int, double> amounts, SteeringOptions o) => string.Create(
        CultureInfo.InvariantCulture,
        $"{StateSubject.Of(model, sae)} on {StateSubject.Of([.. prompts])}, features {string.Join("; ", features.Select(f => string.Create(CultureInfo.InvariantCulture, $"{f}: {amounts[f]:R}")))}, strengths {string.Join("; ", strengths.Select(s => s.ToString("R", CultureInfo.InvariantCulture)))}, {o.NewTokens} new tokens, samplings {string.Join("; ", o.Samplings)}, at {o.Positions}, prompt {o.OnPrompt}, new tokens {o.OnNewTokens}, stops {o.StopAtEos}, falls apart at {o.MaxDrop:R} and {o.MaxRepetition:R}");
}

/// <summary>Writes and reads <see cref="SteeringState"/>.</summary>
[JsonSourceGenerationOptions(NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals, IgnoreReadOnlyProperties = true)]
[JsonSerializable(typeof(SteeringState))]
internal sealed partial class SteeringStateJson : JsonSerializerContext;
