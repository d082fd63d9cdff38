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
    public static Branch Intervene(this SparseAutoencoder sae, params IReadOnlyList<Intervention> interventions)
    {
        if (interventions.Count == 0)
            return Branch.Clean;
        foreach (var i in interventions.Where(i => i.Feature >= sae.Config.DSae))
            throw new SaeException($"There is no feature {i.Feature}; {sae.Name} has features 0 to {sae.Config.DSae - 1}.");
        var attached = interventions.Where(i => i.NeedsSae).Select(i => i.ErrorTerm ?? true).Distinct().ToArray();
        if (attached.Length > 1)
            throw new SaeException($"Interventions on {sae.Name} want it both with and without its error term; one run has one or the other.");
        var splices = attached is [var errorTerm] ? (ISplice[])[sae.Splice(errorTerm)] : [];
        return new Branch
        {
            Splices = splices,
            Edits = [.. interventions.Select(i => i.Kind == InterventionKind.Add ? Adding(sae, i, splices.Length > 0) : OnFeature(sae, i))],
            FirstPosition = interventions.Select(i => i.FirstPosition).Aggregate(Earlier),
        };
    }

    // x += amount · W_dec[f], on what the SAE puts out where it is attached.
    private static Edit Adding(SparseAutoencoder sae, Intervention intervention, bool attached)
    {
        var hook = sae.HookWritten;
        var direction = sae.Direction(intervention.Feature);
        var amount = (float)intervention.Amount;
        return At((attached ? hook with { Sae = SaeSite.Output } : hook).ToString(), intervention, row =>
        {
            if (row.Length != direction.Length)
                throw new SaeException($"{sae.Name} writes {direction.Length} values, but {hook} has {row.Length}; the SAE belongs to another model.");
            TensorPrimitives.MultiplyAdd(direction, amount, row, row);
        });
    }

    private static Edit OnFeature(SparseAutoencoder sae, Intervention intervention)
    {
        var (feature, amount) = (intervention.Feature, (float)intervention.Amount);
        return intervention.Kind == InterventionKind.Clamp
            ? At(sae.FeaturesHook, intervention, features => features[feature] = amount)
            : At(sae.FeaturesHook, intervention, features => features[feature] *= amount);
    }

    private delegate void Change(Span<float> row);

    // Calls back with the values of each position where the intervention acts.
    private static Edit At(string hook, Intervention intervention, Change change) => new(hook, value =>
    {
        for (var p = 0; p < value.Count; p++)
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
