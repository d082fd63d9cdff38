using FeatureInterp.Models;

namespace FeatureInterp.Saes;

/// <summary>From interventions to the edits and splices of a run.</summary>
public static class Interventions
{
    /// <summary>
    /// What a run has to do for some interventions on features of one SAE, in their order: give it to a <see cref="Sweep"/>, or its
    /// <see cref="Branch.Edits"/> and <see cref="Branch.Splices"/> to <see cref="Transformer.Run"/> or
    /// <see cref="TransformerGeneration.Generate"/>. For several SAEs join the results with <see cref="Branch.And"/>.
    /// </summary>
    /// <param name="sae">The SAE.</param>
    /// <param name="interventions">What to change; none for the model as it is.</param>
    /// <exception cref="SaeException">A feature that the SAE does not have, or interventions that disagree about the error term.</exception>
    public static Branch Intervene(this SparseAutoencoder sae, params IReadOnlyList<Intervention> interventions) =>
        Of(sae, [.. interventions.Select(i => (i, (int?)null))]);

    /// <summary>
    /// The same for a batch in which each prompt has interventions of its own. The SAE is attached once for all of them, so either every one needs it or none.
    /// A prompt with none goes through the SAE, where it is attached, unchanged.
    /// </summary>
    /// <param name="sae">The SAE.</param>
    /// <param name="prompts">What to change in each prompt.</param>
    /// <exception cref="SaeException">A feature that the SAE does not have, or interventions that disagree about the SAE or its error term.</exception>
    public static Branch IntervenePerPrompt(this SparseAutoencoder sae, IReadOnlyList<IReadOnlyList<Intervention>> prompts)
    {
        (Intervention What, int? Prompt)[] all = [.. prompts.SelectMany((changes, p) => changes.Select(c => (c, (int?)p)))];
        if (all.Select(i => i.What.NeedsSae).Distinct().Count() > 1)
            throw new SaeException($"Some of the interventions on {sae.Name} want it attached and others do not; prompts of one batch have one or the other. Give ErrorTerm to those that add.");
        return Of(sae, all);
    }

    /// <exception cref="SaeException">A feature that the SAE does not have.</exception>
    internal static void CheckFeatures(SparseAutoencoder sae, IEnumerable<Intervention> interventions)
    {
        foreach (var i in interventions.Where(i => i.Feature >= sae.Config.DSae))
            throw new SaeException($"There is no feature {i.Feature}; {sae.Name} has features 0 to {sae.Config.DSae - 1}.");
    }

    private static Branch Of(SparseAutoencoder sae, IReadOnlyList<(Intervention What, int? Prompt)> interventions)
    {
        if (interventions.Count == 0)
            return Branch.Clean;
        CheckFeatures(sae, interventions.Select(i => i.What));
        var attached = interventions.Where(i => i.What.NeedsSae).Select(i => i.What.ErrorTerm ?? true).Distinct().ToArray();
        if (attached.Length > 1)
            throw new SaeException($"Interventions on {sae.Name} want it both with and without its error term; one run has one or the other.");
        var splices = attached is [var errorTerm] ? (ISplice[])[sae.Splice(errorTerm)] : [];
        return new Branch
        {
            Splices = splices,
            Edits = [.. interventions.Select(i => i.What.Kind == InterventionKind.Add ? Adding(sae, i.What, i.Prompt, splices.Length > 0) : OnFeature(sae, i.What, i.Prompt))],
            FirstPosition = interventions.Select(i => i.What.FirstPosition).Aggregate(Earlier),
        };
    }

    // x += amount · W_dec[f], on what the SAE puts out where it is attached.
    private static Edit Adding(SparseAutoencoder sae, Intervention intervention, int? prompt, bool attached)
    {
        var hook = sae.HookWritten;
        var direction = sae.Direction(intervention.Feature);
        var amount = (float)intervention.Amount;
        return At((attached ? hook with { Sae = SaeSite.Output } : hook).ToString(), intervention, prompt, row =>
        {
            if (row.Length != direction.Length)
                throw new SaeException($"{sae.Name} writes {direction.Length} values, but {hook} has {row.Length}; the SAE belongs to another model.");
            TensorPrimitives.MultiplyAdd(direction, amount, row, row);
        });
    }

    private static Edit OnFeature(SparseAutoencoder sae, Intervention intervention, int? prompt)
    {
        var (feature, amount) = (intervention.Feature, (float)intervention.Amount);
        return intervention.Kind == InterventionKind.Clamp
            ? At(sae.FeaturesHook, intervention, prompt, features => features[feature] = amount)
            : At(sae.FeaturesHook, intervention, prompt, features => features[feature] *= amount);
    }

    private delegate void Change(Span<float> row);

    // Calls back with the values of each position where the intervention acts, of one prompt or of all.
    private static Edit At(string hook, Intervention intervention, int? only, Change change) => new(hook, value =>
    {
        for (var p = only ?? 0; p < (only + 1 ?? value.Count); p++)
        {
            var (rows, start, promptLength) = (value[p], value.Batch.Start(p), value.Batch.PromptLength(p));
            for (var row = 0; row < rows.Shape[0]; row++)
            {
                if (intervention.ActsAt(start + row, promptLength))
                    change(rows.Row(row));
            }
        }
    });

    // Which of 5 and ^1 is earlier depends on the prompt, but ^0 is never earlier; 0 is safe.
    private static Index Earlier(Index a, Index b) => a.Equals(^0) ? b : b.Equals(^0) ? a
        : a.IsFromEnd != b.IsFromEnd ? 0 : a.IsFromEnd ? ^1 : Math.Min(a.Value, b.Value);
}
