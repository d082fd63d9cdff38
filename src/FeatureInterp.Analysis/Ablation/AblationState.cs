using System.Globalization;
using System.Text.Json.Serialization;
using FeatureInterp.Models;
using FeatureInterp.Saes;

namespace FeatureInterp.Analysis;

/// <summary>What an ablation has done so far, as its state file holds it. The model with nothing ablated is not in it: that is run anew each time, as what the lines are made from comes with it.</summary>
internal sealed class AblationState
{
    /// <summary>What is ablated and how.</summary>
    public required string Subject { get; init; }

    /// <summary>The lines that are done, the first of those asked for.</summary>
    public List<AblatedAnswer> Lines { get; init; } = [];

    /// <summary>The greedy text without the SAE, once it is there.</summary>
    public string? CleanText { get; set; }

    /// <summary>The greedy text with the SAE and nothing ablated, once it is there.</summary>
    public string? ReferenceText { get; set; }

    /// <summary>The state of an ablation before its first line, or where its file left it; and what writes it.</summary>
    /// <exception cref="AnalysisException">The file is damaged, or is of another ablation.</exception>
    public static (AblationState State, StateFile<AblationState> File) Begin(
        Transformer model, SparseAutoencoder sae, int[] prompt, int[] answer, IReadOnlyList<IReadOnlyList<int>> sets, AblationOptions options)
    {
        var subject = options.StateFile is null ? "" : SubjectOf(model, sae, prompt, answer, sets, options);
        var file = new StateFile<AblationState>(AblationStateJson.Default.AblationState, "ablation");
        var kept = options.Resume ? file.Load(options.StateFile!, subject, s => s.Subject, s => s.Lines is { } lines && lines.Count <= sets.Count
            && lines.Zip(sets).All(p => IsSane(p.First, answer) && p.First.Features.SequenceEqual(p.Second))) : null;
        return (kept ?? new AblationState { Subject = subject }, file);
    }

    private static bool IsSane(AblatedAnswer? line, int[] answer) =>
        line is { Features: not null, FiresAt: >= 0, Score.Tokens: { } tokens } && tokens.All(t => t is { Text: not null, Rank: >= 0 }) && tokens.Select(t => t.Token).SequenceEqual(answer)
        && (line.Response is null || (line.Response.Layers is { Count: > 0 } layers && layers.All(l => l is { Point: not null })));

    // All of the request; how many lines run together changes none of them.
    private static string SubjectOf(Transformer model, SparseAutoencoder sae, int[] prompt, int[] answer, IReadOnlyList<IReadOnlyList<int>> sets, AblationOptions o) => string.Create(
        CultureInfo.InvariantCulture,
        $"{StateSubject.Of(model, sae)} on {StateSubject.Of(prompt, answer)}, features {StateSubject.Of(sets)}, at {o.Positions}, prompt {o.OnPrompt}, answer {o.OnAnswer}, error term {o.ErrorTerm}, {o.Details} details, {o.NewTokens} new tokens");
}

/// <summary>Writes and reads <see cref="AblationState"/>.</summary>
[JsonSourceGenerationOptions(NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals, IgnoreReadOnlyProperties = true)]
[JsonSerializable(typeof(AblationState))]
internal sealed partial class AblationStateJson : JsonSerializerContext;
